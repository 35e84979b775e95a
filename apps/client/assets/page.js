// The page's own part: the text field of the composer, and scrolling. Everything else is rendered by the program.

// Dioxus hands every event over through one call with an argument a byte, and WebKit takes 65,536 arguments at most.
// Without this a message of more than 48 KiB could not be sent.
String.fromCharCode.apply = (self, bytes) => {
  const parts = [];
  for (let i = 0; i < bytes.length; i += 8192) {
    parts.push(Reflect.apply(String.fromCharCode, self, bytes.subarray(i, i + 8192)));
  }
  return parts.join('');
};

// WebKit draws no frames for a window that nobody sees, and what is rendered waits for its frame: without this the title
// of a minimised window would not count.
const HIDDEN_FRAME_MS = 200;
const frame = window.requestAnimationFrame.bind(window);
window.requestAnimationFrame = (draw) => {
  let timer;
  const drawn = frame((time) => {
    clearTimeout(timer);
    draw(time);
  });
  timer = setTimeout(() => {
    cancelAnimationFrame(drawn);
    draw(performance.now());
  }, HIDDEN_FRAME_MS);
  return drawn;
};

// What a screen reader calls the page; the renderer names it after itself.
document.title = 'Hubbub';

const hubbub = {
  draft: () => document.getElementById('draft'),

  focus() {
    hubbub.draft()?.focus();
  },

  // People stand before the rest of a narrow window until one of them is chosen, or Escape or a click beside ends it.
  closeDrawer() {
    document.querySelector('[data-drawer] .scrim')?.click();
    hubbub.focus();
  },

  // Through execCommand, so that undo takes it back.
  insert(text) {
    hubbub.closeDrawer();
    document.execCommand('insertText', false, text);
  },

  // The timeline is laid out from its end: zero is the bottom, and a zoomed page comes to rest a part of a pixel above it.
  isAtEnd: () => hubbub.timeline().scrollTop > -2,

  scrollToEnd() {
    hubbub.anchor = null;
    hubbub.timeline().scrollTop = 0;
  },

  timeline: () => document.getElementById('timeline'),

  // A line in sight and where it stands, while the reader has scrolled up or has searched.
  anchor: null,

  anchorAt(line) {
    const { scrollTop } = hubbub.timeline();
    hubbub.anchor = line && { line, scrollTop, top: line.getBoundingClientRect().top };
  },

  firstInSight() {
    const timeline = hubbub.timeline();
    const top = timeline.getBoundingClientRect().top;
    return [...timeline.querySelectorAll('.lines > li')].find((line) => line.getBoundingClientRect().bottom > top);
  },

  remember() {
    const { scrollTop } = hubbub.timeline();
    // Told of a scrolling after which the anchor was set.
    if (hubbub.anchor?.scrollTop === scrollTop) return;
    hubbub.anchorAt(hubbub.isAtEnd() ? null : hubbub.firstInSight());
  },

  // Lines come and go above and below; what is being read stays where it is. Runs between layout and paint.
  hold() {
    const { line, top } = hubbub.anchor ?? {};
    if (line?.isConnected) hubbub.timeline().scrollTop += line.getBoundingClientRect().top - top;
  },

  watchTimeline() {
    hubbub.timeline().addEventListener('scroll', hubbub.remember, { passive: true });
    new ResizeObserver(hubbub.hold).observe(hubbub.timeline().querySelector('.lines'));
  },

  // As high as its text; the style sheet bounds it. A long text is not measured: that costs a layout of its own.
  fit(draft) {
    const long = draft.value.length > 5000;
    draft.style.height = long ? '100vh' : '';
    // The border is not part of what scrolls.
    if (draft.value && !long) draft.style.height = `${draft.scrollHeight + draft.offsetHeight - draft.clientHeight}px`;
  },

  // Says how much room is left once nine tenths are used.
  measure(draft) {
    const limit = Number(draft.dataset.limit);
    const room = document.getElementById('room-left');
    const bytes = draft.value.length * 3 < limit * 0.9 ? 0 : new TextEncoder().encode(draft.value).length;
    const count = Math.abs(limit - bytes);
    const words = `${count.toLocaleString('en')} byte${count === 1 ? '' : 's'}`;
    room.dataset.over = bytes > limit;
    room.textContent = bytes < limit * 0.9 ? ''
      : bytes > limit ? `${words} too long: shorten it or send it in parts`
      : `${words} left`;
  },
};

document.addEventListener('input', (event) => {
  if (event.target.id === 'search-field') hubbub.mark();
  if (event.target.id !== 'draft') return;
  hubbub.fit(event.target);
  hubbub.measure(event.target);
});

// At the end of its lines the timeline sticks to it. More of them, or more of a text, must not carry away what is being read.
document.addEventListener('click', (event) => {
  if (event.target.closest('.later, .more')) hubbub.anchorAt(hubbub.firstInSight());
}, { capture: true });

window.addEventListener('resize', () => hubbub.draft() && hubbub.fit(hubbub.draft()));

const ZOOM_KEYS = { '+': 'larger', '=': 'larger', '-': 'smaller', '0': 'natural' };

document.addEventListener('keydown', (event) => {
  if (!event.ctrlKey || event.altKey || !(event.key in ZOOM_KEYS)) return;
  event.preventDefault();
  hubbub.zoom?.(ZOOM_KEYS[event.key]);
});

// A link opens by the middle button as by the left one: outside, never here.
document.addEventListener('auxclick', (event) => {
  const link = event.button === 1 && event.target.closest('a');
  if (!link) return;
  event.preventDefault();
  link.click();
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.isComposing) hubbub.closeDrawer();
  if (event.target.id !== 'draft' || event.key !== 'Enter' || event.shiftKey) return;
  // An Enter that ends a composition chooses a word and must not send. Some input methods only tell by code 229.
  if (event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  event.target.form.requestSubmit();
});

// Letters typed with the focus elsewhere are meant for the composer.
document.addEventListener('keydown', (event) => {
  if (event.key.length !== 1 || event.key === ' ' || event.ctrlKey || event.altKey || event.metaKey) return;
  if (!event.target.closest('input, textarea')) hubbub.closeDrawer();
});

// The pages of the timeline turn while one writes, unless the field itself has more than it shows.
document.addEventListener('keydown', (event) => {
  const by = { PageUp: -0.9, PageDown: 0.9 }[event.key];
  if (!by || event.target.id !== 'draft' || event.target.scrollHeight > event.target.clientHeight) return;
  event.preventDefault();
  hubbub.timeline().scrollBy({ top: by * hubbub.timeline().clientHeight });
});

// Runs after the program's handler, which prevents the default when it took the text. Cleared here and now, so that
// what is typed next cannot be lost.
document.addEventListener('submit', (event) => {
  const draft = event.target.elements.draft;
  if (event.defaultPrevented && draft) {
    sent.keep(draft.value);
    draft.value = '';
    hubbub.fit(draft);
    hubbub.measure(draft);
    hubbub.scrollToEnd();
  }
  event.preventDefault();
  hubbub.focus();
});
