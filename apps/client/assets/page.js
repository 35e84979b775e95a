// The page's own part: the text field of the composer, and scrolling. Everything else is rendered by the program. How text
// gets into the field, `write`, is another thing in the window (window.js) than in a browser (browser.js).

// What a screen reader calls the page; the renderer names it after itself.
document.title = 'Hubbub';

// A letter written from right to left, or a sign that turns others, with a letter or number of the other kind behind it.
const TURNING = '\\u0590-\\u08ff\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069\\ufb1d-\\ufdff\\ufe70-\\ufeff\\u{10800}-\\u{10fff}\\u{1e800}-\\u{1efff}';
const TURN = new RegExp(`[${TURNING}][^${TURNING}\\p{L}\\p{N}]*(?=[\\p{L}\\p{N}])`, 'gu');

// So many turns in the field, and its words break anywhere: some pages of a text in two scripts. With so many more, letters
// stand in the order in which they are sent.
const MANY_TURNS = 400;
const MOST_TURNS = 2000;

// Marks on one letter above 30, which is all that Unicode's stream-safe format allows.
const TOO_MANY_MARKS = /(\p{M}{30})\p{M}+/gu;

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

  // Into the composer, where the caret is.
  insert(text) {
    hubbub.closeDrawer();
    hubbub.put(text);
  },

  // Puts it in the place of what is selected in the composer, in a step of its own for undo.
  put(text) {
    hubbub.ease(hubbub.draft(), text);
    hubbub.write(hubbub.legible(text));
  },

  // The timeline is laid out from its end: zero is the bottom, and a zoomed page comes to rest a part of a pixel above it.
  isAtEnd: () => hubbub.timeline().scrollTop > -2,

  scrollToEnd() {
    hubbub.anchor = null;
    hubbub.timeline().scrollTop = 0;
  },

  timeline: () => document.getElementById('timeline'),

  // Not out of a text that is being written.
  focusOtherName() {
    if (hubbub.draft()?.value) return;
    document.getElementById('name')?.focus();
    document.getElementById('name')?.select();
  },

  focusRoom() {
    document.getElementById('room')?.focus();
    document.getElementById('room')?.select();
  },

  focusOn(id) {
    document.getElementById(id)?.focus({ preventScroll: true });
  },

  openDialog(id) {
    const dialog = document.getElementById(id);
    dialog.addEventListener('keydown', ({ key }) => key === 'Escape' && dialog.querySelector('.leave').click());
    dialog.showModal();
    // The first control would be the last of what there is to read.
    dialog.tabIndex = -1;
    dialog.focus();
  },

  closeDialog(id, then) {
    document.getElementById(id)?.close();
    hubbub.focusOn(then);
  },

  // A line in sight and where it stands, while the reader has scrolled up or has searched.
  anchor: null,

  anchorAt(line) {
    const { scrollTop } = hubbub.timeline();
    hubbub.anchor = line && { line, scrollTop, top: line.getBoundingClientRect().top };
  },

  firstInSight() {
    const timeline = hubbub.timeline();
    const { top, bottom } = timeline.getBoundingClientRect();
    const first = (selector) => [...timeline.querySelectorAll(selector)].find((line) => {
      const place = line.getBoundingClientRect();
      return place.bottom > top && place.top < bottom;
    });
    // A day or "New" can go while what is said stays.
    return first('.lines > .message') ?? first('.lines > li');
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
    // "Show later" comes and goes below the lines, perhaps without any change in them.
    new MutationObserver(hubbub.hold).observe(hubbub.timeline(), { childList: true });
  },

  // As high as its text; the style sheet bounds it. A long text is not measured: that costs a layout of its own.
  fit(draft) {
    const long = draft.value.length > 5000;
    draft.style.height = long ? '100vh' : '';
    // The border is not part of what scrolls.
    if (draft.value && !long) draft.style.height = `${draft.scrollHeight + draft.offsetHeight - draft.clientHeight}px`;
  },

  // A word costs the field the square of how often it turns its direction, and so does a line in the end. What turns so
  // often is shown more simply, and before it is laid out: `more` is what comes in.
  ease(draft, more = '') {
    const turns = [draft.value, more].reduce((sum, text) => sum + (text.match(TURN)?.length ?? 0), 0);
    draft.dataset.turns = turns > MOST_TURNS ? 'most' : turns > MANY_TURNS ? 'many' : 'few';
  },

  // Without the marks that nobody could tell apart: a letter with thousands holds up the field for seconds at each key.
  legible: (text) => text.replace(TOO_MANY_MARKS, '$1'),

  isTooLong: () => document.getElementById('room-left').dataset.over === 'true',

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

for (const type of ['paste', 'drop']) {
  document.addEventListener(type, (event) => {
    const text = (event.clipboardData ?? event.dataTransfer).getData('text/plain');
    if (event.target.id !== 'draft') return;
    hubbub.ease(event.target, text);
    if (hubbub.legible(text) === text) return;
    event.preventDefault();
    hubbub.put(text);
  });
}

document.addEventListener('input', (event) => {
  if (event.target.id === 'search-field') hubbub.mark();
  if (event.target.id !== 'draft') return;
  hubbub.ease(event.target);
  hubbub.fit(event.target);
  hubbub.measure(event.target);
});

// At the end of its lines the timeline sticks to it. More of them, or more of a text, must not carry away what is being read.
document.addEventListener('click', (event) => {
  if (event.target.closest('.later, .more')) hubbub.anchorAt(hubbub.firstInSight());
}, { capture: true });

window.addEventListener('resize', () => hubbub.draft() && hubbub.fit(hubbub.draft()));

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.isComposing) hubbub.closeDrawer();
  if (event.target.id !== 'draft' || event.key !== 'Enter' || event.shiftKey) return;
  // An Enter that ends a composition chooses a word and must not send. Some input methods only tell by code 229.
  if (event.isComposing || event.keyCode === 229) return;
  event.preventDefault();
  event.target.form.requestSubmit();
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
  const taken = event.defaultPrevented;
  event.preventDefault();
  hubbub.focus();
  if (!draft) return;
  // What is no command is selected: what is typed next takes its place, and Up brings it back.
  if (taken || (draft.value.trim() && !hubbub.isTooLong())) {
    sent.keep(draft.value);
    draft.select();
  }
  if (!taken) return;
  hubbub.put('');
  hubbub.scrollToEnd();
});
