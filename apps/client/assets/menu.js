// The menu of the window, instead of the browser's, and what may be dropped. Loaded after program.js.

const menu = {
  element: null,

  // Where the focus was, to go back to, and what was marked there.
  origin: null,

  // What can be done where the menu was asked for: words, whether it can be done now, and how. Often nothing.
  entries(place) {
    const field = place.closest('input, textarea');
    const link = place.closest('a[href]');
    const said = place.closest('.message');
    const name = said?.dataset.name ?? place.closest('[data-name]')?.dataset.name;
    const muted = name && program.isMuted(name);
    const marked = field ? field.selectionStart < field.selectionEnd : !getSelection().isCollapsed;
    const edit = (command) => () => program.tell('edit', command);
    return [
      link && ['Open link', true, () => link.click()],
      link && ['Copy link', true, () => menu.copy(link.getAttribute('href'))],
      field && ['Undo', true, edit('Undo')],
      field && ['Redo', true, edit('Redo')],
      field && ['Cut', marked, edit('Cut')],
      (field || marked) && ['Copy', marked, edit('Copy')],
      said && !marked && ['Copy message', true, () => menu.copy(said.dataset.lead + said.querySelector('.text').textContent)],
      field && ['Paste', true, edit('Paste')],
      name && [`Mention ${name}`, true, () => hubbub.insert(`@${name} `)],
      name && name !== 'server' && [`${muted ? 'Unmute' : 'Mute'} ${name}`, true, () => hubbub.mute?.(name, !muted)],
      (field ? field.value : place.closest('#timeline')) && ['Select all', true, () => menu.selectAll(field)],
    ].filter(Boolean);
  },

  copy(text) {
    navigator.clipboard.writeText(text).catch(program.fail);
  },

  selectAll(field) {
    if (field) field.select();
    else getSelection().selectAllChildren(hubbub.timeline().querySelector('.lines'));
  },

  open(place, x, y) {
    menu.close();
    const entries = menu.entries(place);
    if (entries.length === 0) return;
    const element = document.createElement('div');
    element.id = 'menu';
    element.setAttribute('role', 'menu');
    element.setAttribute('aria-label', 'What can be done here');
    for (const [words, possible, act] of entries) {
      const entry = document.createElement('button');
      entry.type = 'button';
      entry.setAttribute('role', 'menuitem');
      entry.tabIndex = -1;
      entry.disabled = !possible;
      entry.textContent = words;
      entry.addEventListener('click', () => {
        menu.close();
        act();
      });
      element.append(entry);
    }
    menu.origin = document.activeElement;
    menu.element = element;
    document.getElementById('app').append(element);
    const fits = (at, size, room) => Math.max(4, Math.min(at, room - size - 4));
    element.style.left = `${fits(x, element.offsetWidth, innerWidth)}px`;
    element.style.top = `${fits(y, element.offsetHeight, innerHeight)}px`;
    menu.step(0);
  },

  // Focuses the entry that stands so many after the present one, or the first.
  step(by) {
    const entries = [...menu.element.querySelectorAll('button:not(:disabled)')];
    const at = entries.indexOf(document.activeElement);
    entries.at(at < 0 ? Math.min(by, 0) : (at + by) % entries.length)?.focus();
  },

  close() {
    if (!menu.element) return;
    menu.element.remove();
    menu.element = null;
    menu.origin?.focus();
  },

  // Where a menu opens that was asked for by a key: at the caret's field, or at what has the focus.
  byKey(place) {
    const { left, top, width, height } = place.getBoundingClientRect();
    menu.open(place, left + Math.min(width, 24), top + Math.min(height, 24));
  },
};

document.addEventListener('contextmenu', (event) => {
  if (hubbub.leavesMenu?.(event)) return;
  event.preventDefault();
  if (menu.element?.contains(event.target)) return;
  menu.open(event.target, event.clientX, event.clientY);
});

const MENU_KEYS = {
  ArrowDown: () => menu.step(1),
  ArrowUp: () => menu.step(-1),
  Home: () => menu.element.querySelector('button:not(:disabled)').focus(),
  End: () => [...menu.element.querySelectorAll('button:not(:disabled)')].at(-1).focus(),
  Escape: () => menu.close(),
  Tab: () => menu.close(),
};

// Before all others: while the menu stands, keys are for it.
document.addEventListener('keydown', (event) => {
  if (menu.element) {
    if (event.key !== 'Enter' && event.key !== ' ') event.preventDefault();
    event.stopImmediatePropagation();
    MENU_KEYS[event.key]?.();
  } else if (hubbub.leavesMenu?.({ target: document.activeElement })) {
    // The browser has one.
  } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
    event.preventDefault();
    menu.byKey(document.activeElement);
  }
}, { capture: true });

for (const event of ['mousedown', 'wheel']) {
  document.addEventListener(event, (it) => menu.element?.contains(it.target) || menu.close(), { capture: true, passive: true });
}

window.addEventListener('resize', menu.close);

// Words can be dropped into a field, which the renderer would refuse, and words from elsewhere also beside one; files and
// links nowhere.
for (const type of ['dragover', 'drop']) {
  document.addEventListener(type, (event) => {
    const { types } = event.dataTransfer;
    const isText = !types.includes('Files') && !types.includes('text/uri-list');
    if (isText && event.target.closest?.('input, textarea')) {
      event.stopPropagation();
    } else if (!isText || dragsOwn) {
      event.preventDefault();
      event.dataTransfer.dropEffect = 'none';
    }
  }, { capture: true });
}
