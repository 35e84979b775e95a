// What only the window has: its way to tell the program something, its keys, and nothing of what leads a browser elsewhere.
// Loaded last, and in no browser.

program.tell = (what, words) => window.webkit?.messageHandlers[what]?.postMessage(words);

// What is rendered comes over this connection. What was on its way when it broke is lost, and all that follows would be
// put in the wrong place.
window.WebSocket = class extends WebSocket {
  constructor(...where) {
    super(...where);
    this.addEventListener('close', () => program.fail('the connection to the program broke'));
  }
};

// The same goes for a change that was put in by halves.
const drawFrame = window.requestAnimationFrame;
window.requestAnimationFrame = (draw) => drawFrame((time) => {
  try {
    draw(time);
  } catch (error) {
    program.fail(error);
    throw error;
  }
});

// As HTML: put in as text it would be one step with what is typed next, and each line would be laid out before the next.
hubbub.write = (text) => {
  const html = text.replace(/[&<>]/g, (letter) => `&#${letter.codePointAt()};`);
  // The break at the end is not put in; it keeps the one before.
  document.execCommand('insertHTML', false, text && `${html}<br>`);
};

// WebKit leaves undoing to whoever embeds it; the others it does itself where the letters are Latin.
const EDITING = { a: 'selectAll', c: 'copy', v: 'paste', x: 'cut' };

document.addEventListener('keydown', (event) => {
  if (!isControl(event) || event.isComposing) return;
  const key = keyName(event);
  const command = key === 'z' ? (event.shiftKey ? 'redo' : 'undo')
    : key === 'y' ? 'redo'
    : event.key.toLowerCase() !== key && EDITING[key];
  if (!command || (/do$/.test(command) && !fieldOf(event))) return;
  event.preventDefault();
  document.execCommand(command);
});

const ZOOM_KEYS = { '+': 'larger', '=': 'larger', '-': 'smaller', '0': 'natural' };

document.addEventListener('keydown', (event) => {
  const zoom = isControl(event) && ZOOM_KEYS[keyName(event)];
  if (!zoom) return;
  event.preventDefault();
  hubbub.zoom?.(zoom);
});

// How far a wheel turns for one step of the zoom, in pixels. A notch is more, in the smallest window too; a touchpad turns
// by a few at a time.
const ZOOM_WHEEL = 30;
let turned = 0;

document.addEventListener('wheel', (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  turned += event.deltaY;
  if (Math.abs(turned) < ZOOM_WHEEL) return;
  hubbub.zoom?.(turned < 0 ? 'larger' : 'smaller');
  turned = 0;
}, { passive: false });

// Tells whether keys go elsewhere than into a field, though there is a composer for them.
hubbub.watchFocus = (tell) => {
  let last = false;
  const look = () => {
    const elsewhere = !!hubbub.draft() && !fieldOf({ target: document.activeElement });
    if (elsewhere === last) return;
    last = elsewhere;
    // That a field can be composed in, the toolkit is told with the frame that shows the focus in it.
    if (elsewhere) tell(true);
    else requestAnimationFrame(() => requestAnimationFrame(() => last === elsewhere && tell(false)));
  };
  document.addEventListener('focusin', look);
  // By then the focus is where it goes.
  document.addEventListener('focusout', () => setTimeout(look));
};

// A link opens by the middle button as by the left one: outside, never here.
document.addEventListener('auxclick', (event) => {
  const link = event.button === 1 && event.target.closest('a');
  if (!link) return;
  event.preventDefault();
  link.click();
});

// A link is opened by a click. Dragged out it would be downloaded, and dropped in here the page would go there.
document.addEventListener('dragstart', (event) => {
  if (event.target.closest?.('a') || event.target.parentElement?.closest('a')) event.preventDefault();
});

// The buttons at the side of a mouse, which lead a browser back and forth.
for (const type of ['mousedown', 'mouseup', 'auxclick']) {
  document.addEventListener(type, (event) => event.button > 2 && event.preventDefault(), { capture: true });
}

const BROWSER_KEYS = new Set(['F5', 'BrowserBack', 'BrowserForward', 'BrowserRefresh']);

document.addEventListener('keydown', (event) => {
  const { key, ctrlKey, altKey } = event;
  const leads = altKey && (key === 'ArrowLeft' || key === 'ArrowRight');
  const acts = ctrlKey && ['p', 'r', 's', 'u', 'o'].includes(key.toLowerCase());
  if (leads || acts || BROWSER_KEYS.has(key)) event.preventDefault();
}, { capture: true });
