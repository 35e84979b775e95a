// Keys that mean the same wherever they are pressed, and what is meant for the composer though the focus is elsewhere.
// Loaded behind page.js.

const fieldOf = ({ target }) => target.closest?.('input, textarea');

const isControl = (event) => (event.ctrlKey || event.metaKey) && !event.altKey;

// What a key is called in shortcuts: by its letter or, on a layout whose letters are not Latin, by its place.
const keyName = ({ key, code }) => {
  const hasOwn = key.length !== 1 || /[\x20-\x7e]/.test(key);
  const [, place] = /^(?:Key|Digit)(.)$/.exec(code) ?? [];
  return (hasOwn ? key : place ?? { Equal: '=', Minus: '-' }[code] ?? key).toLowerCase();
};

// Pasted with the focus elsewhere it is meant for the composer.
document.addEventListener('keydown', (event) => {
  if (isControl(event) && !event.isComposing && keyName(event) === 'v' && !fieldOf(event)) hubbub.closeDrawer();
});

// Letters typed with the focus elsewhere are meant for the composer, and so is Shift+Insert, the other key that pastes.
document.addEventListener('keydown', (event) => {
  if (fieldOf(event) || event.ctrlKey || event.altKey || event.metaKey) return;
  const writes = (event.key.length === 1 && event.key !== ' ') || (event.key === 'Insert' && event.shiftKey);
  if (writes) hubbub.closeDrawer();
});

// Text that is dropped beside the fields too. What is dragged within the page is only let go of.
let dragsOwn = false;
document.addEventListener('dragstart', () => { dragsOwn = true; });
document.addEventListener('dragend', () => { dragsOwn = false; });

document.addEventListener('dragover', (event) => {
  if (!dragsOwn && !fieldOf(event) && event.dataTransfer.types.includes('text/plain')) event.preventDefault();
});

document.addEventListener('drop', (event) => {
  if (dragsOwn || fieldOf(event)) return;
  event.preventDefault();
  const text = event.dataTransfer.getData('text/plain');
  if (text) hubbub.insert(text);
});

// In the open drawer Tab goes round.
document.addEventListener('keydown', (event) => {
  const scrim = document.querySelector('[data-drawer] .scrim');
  // With Shift the key has no name here.
  if (event.code !== 'Tab' || !scrim?.offsetHeight) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  const people = [...document.querySelectorAll('.side button')];
  const at = people.indexOf(document.activeElement);
  const next = at < 0 ? (event.shiftKey ? -1 : 0) : at + (event.shiftKey ? -1 : 1);
  people.at(next % people.length)?.focus();
}, { capture: true });
