// What only a browser has: its own menu where that does more, a screen with a keyboard on it, and a page that can be loaded
// again. Loaded last, and not in the window.

// Where the program finds it: what is declared in a script is no property of the page.
window.hubbub = hubbub;

// Kept for this tab alone, from which the next page takes it. Storage can be closed to pages; then it is not kept.
const kept = (name, text) => {
  try {
    if (text) sessionStorage.setItem(name, text);
    else sessionStorage.removeItem(name);
  } catch (why) {
    console.warn(`not kept: ${why}`);
  }
};

program.tell = (what, words) => {
  if (what === 'draft') kept('draft', words);
  else console.error(words);
};

// The composer goes when a card takes the place of the room, and comes again with it. What was typed last is here and not in
// the program, which knows only what this tab had kept when the page was loaded. Without storage, it is what was told last.
const restoreAtFirst = hubbub.restore;
let isRestored = false;
hubbub.restore = (draft) => {
  restoreAtFirst(isRestored ? program.draft : draft);
  isRestored = true;
};

// What was sent must not come again with the composer.
document.addEventListener('submit', () => setTimeout(program.keepDraft));

// The page may be gone in a moment, and nobody asks it again.
window.addEventListener('pagehide', program.keepDraft);

// How long a frame may be awaited.
const HIDDEN_FRAME_MS = 200;

// The most letters in the field that are put in as if they were typed. All of them could be ends of lines.
const UNDONE_LETTERS = 500;

// A finger needs a keyboard on the screen, which covers half of it: it comes when somebody wants to write.
const byFinger = matchMedia('(hover: none) and (pointer: coarse)');

Object.assign(hubbub, {
  // Calls one of the functions here when what runs now has ended: the program must not be called while it calls.
  later(name, words) {
    queueMicrotask(() => {
      const { activeElement } = document;
      try {
        hubbub[name](...words);
      } catch (why) {
        console.error(`${name}: ${why}`);
      }
      const isUnasked = !['insert', 'closeDialog'].includes(name) && activeElement !== hubbub.draft();
      if (isUnasked && byFinger.matches) hubbub.draft()?.blur();
    });
  },

  // As if it were typed, so that it can be undone. Each line of it would be laid out before the next: thousands take half a
  // minute, and so what is long is put in at once, and cannot be undone.
  write(text) {
    const draft = hubbub.draft();
    if (text.length + draft.value.length > UNDONE_LETTERS) {
      draft.setRangeText(text, draft.selectionStart, draft.selectionEnd, 'end');
      draft.dispatchEvent(new Event('input', { bubbles: true }));
    } else if (text) document.execCommand('insertText', false, text);
    else document.execCommand('delete');
  },

  // Kept when what is on the page by now is painted: a task that is put off by a frame runs after it. A page that nobody sees
  // has no frames.
  drawn: () => new Promise((resolve) => {
    const frame = requestAnimationFrame(() => setTimeout(() => {
      clearTimeout(timer);
      resolve();
    }));
    // A tab that stays out of sight would gather the frames that nobody awaits any more.
    const timer = setTimeout(() => {
      cancelAnimationFrame(frame);
      resolve();
    }, document.hidden ? 0 : HIDDEN_FRAME_MS);
  }),

  setTitle(title) {
    document.title = title;
  },

  copy: (text) => menu.copy(text),

  // The browser's own menu knows fields, links and what is marked better, and with Shift it is asked for by name.
  leavesMenu({ target, shiftKey }) {
    const isText = !getSelection().isCollapsed && !byFinger.matches;
    return shiftKey || isText || target.closest('input, textarea, a[href]') || menu.entries(target).length === 0;
  },
});

// Only a page with a certificate may write to the clipboard by itself. Any may copy what is marked.
menu.copy = (text) => {
  navigator.clipboard?.writeText(text).catch(() => menu.copyMarked(text));
  if (!navigator.clipboard) menu.copyMarked(text);
};

menu.copyMarked = (text) => {
  const { activeElement } = document;
  const field = document.createElement('textarea');
  field.className = 'unseen';
  field.value = text;
  // Beside a dialog nothing can be marked.
  (document.querySelector('dialog[open]') ?? document.body).append(field);
  field.select();
  document.execCommand('copy');
  field.remove();
  activeElement?.focus({ preventScroll: true });
};

// As high as what the keyboard leaves. Some browsers make the page smaller by themselves; others lay the keyboard over it,
// and move it up.
const seen = window.visualViewport;
const fitScreen = () => {
  // Enlarged by two fingers it is looked at, and must not change.
  if (seen.scale > 1.01) return;
  document.documentElement.style.setProperty('--height', `${seen.height}px`);
  if (document.scrollingElement.scrollTop > 0) scrollTo(0, 0);
};
for (const event of ['resize', 'scroll']) seen?.addEventListener(event, fitScreen);
