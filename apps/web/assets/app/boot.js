// What must be there before the program and after it: takes an invitation out of the address bar, loads the program,
// and says "reload" when it cannot be loaded or has broken down. It needs no other file.

const boot = {
  // What stood after # in the address, for the program. The address bar must not show a password, not even for a
  // moment.
  fragment: '',

  // Whether the program has broken down or its tab was given up. What it still says then is not heard.
  isOver: false,

  // The connections of the program.
  sockets: new Set(),

  // Ends them without a word to the program or to the room, where the user keeps their place for a moment. A page that
  // is over would hold it for ever, and could still say something there.
  hush() {
    for (const socket of boot.sockets) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    boot.sockets.clear();
  },

  takeFragment() {
    if (location.hash.length < 2) return;
    boot.fragment = location.hash.slice(1);
    // The entry of the history in which it came is replaced.
    history.replaceState(history.state, '', location.pathname + location.search);
  },

  // The program is on the page.
  ready() {
    document.getElementById('boot')?.remove();
  },

  // The same address again. With `forgets`, without what this tab keeps: it may be what broke the program.
  reload(forgets) {
    boot.isOver = true;
    boot.hush();
    try {
      if (forgets) sessionStorage.clear();
    } catch {
      // Nothing is kept where nothing may be.
    }
    location.reload();
  },

  // Shows these words over everything, and a button that loads the page again. Nothing is lost by that: what was typed
  // and what waits is kept in the tab.
  fail(title, advice, why = '') {
    if (boot.isOver) return;
    boot.isOver = true;
    boot.hush();
    console.error(title, why);
    const again = boot.hasFailedBefore();
    const draw = () => boot.draw(title, advice, why, again);
    if (document.body) draw();
    else addEventListener('DOMContentLoaded', draw);
  },

  draw(title, advice, why, again) {
    const add = (to, name, words, attributes = {}) => {
      const element = document.createElement(name);
      for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
      element.textContent = words;
      return to.appendChild(element);
    };
    document.getElementById('main')?.setAttribute('inert', '');
    document.getElementById('boot')?.remove();
    const page = add(document.body, 'div', '', { id: 'boot', 'data-failed': 'true' });
    const about = { 'aria-labelledby': 'boot-title', 'aria-describedby': 'boot-advice' };
    const card = add(page, 'section', '', { class: 'card', role: 'alertdialog', ...about });
    add(card, 'h1', title, { id: 'boot-title' });
    add(card, 'p', advice, { id: 'boot-advice', class: 'advice' });
    if (why) add(card, 'p', why, { class: 'why' });
    const buttons = add(card, 'div', '', { class: 'buttons' });
    const button = (id, words, forgets, style) => {
      const it = add(buttons, 'button', words, { id, type: 'button', class: style });
      it.addEventListener('click', () => boot.reload(forgets));
      return it;
    };
    const reload = button('reload', 'Reload', false, 'primary');
    // Where a reload has not helped, what this tab keeps may be the reason.
    if (again) button('start-anew', 'Start anew, without what was not sent', true, '');
    reload.focus();
  },

  // Whether the program of this tab broke down in the last minute as well.
  hasFailedBefore() {
    try {
      const last = Number(sessionStorage.getItem('failed'));
      sessionStorage.setItem('failed', Date.now());
      return Date.now() - last < 60000;
    } catch {
      return false;
    }
  },

  broke(why) {
    const advice = 'The page cannot go on. What you wrote is kept: reload, and you are back in the room.';
    boot.fail('Something went wrong', advice, why);
  },

  async load(from) {
    if (typeof WebAssembly !== 'object') {
      const advice = 'Hubbub needs WebAssembly, which this browser does not know or has switched off, as an iPhone in '
        + 'Lockdown Mode has. Update the browser, switch WebAssembly on, or open this address in another browser.';
      boot.fail('This browser cannot show the room', advice);
      return;
    }
    try {
      const program = await import(from);
      await program.default();
    } catch (error) {
      if (error instanceof WebAssembly.CompileError || error instanceof SyntaxError) {
        const advice = 'Hubbub needs a browser of 2024 or later. If this is one, the page was damaged on its way: reload it.';
        boot.fail('This browser cannot show the room', advice, `${error}`);
        return;
      }
      // A program that panicked has said so itself.
      const advice = 'The server may be away or full, or it has a newer version of this page. Reload it in a moment.';
      boot.fail('Hubbub could not be loaded', advice, `${error}`);
      addEventListener('online', () => boot.reload(false));
    }
  },
};

// For the program, which is a module.
globalThis.boot = boot;

globalThis.WebSocket = class extends WebSocket {
  constructor(...where) {
    super(...where);
    boot.sockets.add(this);
    this.addEventListener('close', () => boot.sockets.delete(this));
    // Made by a program that is over.
    if (boot.isOver) boot.hush();
  }
};

boot.takeFragment();

// Without scripts nothing is loading, and the style sheet says so no more.
document.documentElement.dataset.scripts = 'yes';

// A trap in the program, such as the end of its memory. It runs no further.
for (const event of ['error', 'unhandledrejection']) {
  addEventListener(event, ({ error, reason }) => {
    if ((error ?? reason) instanceof WebAssembly.RuntimeError) boot.broke(`${error ?? reason}`);
  });
}

// An invitation to this very room is opened in this tab.
addEventListener('hashchange', () => {
  boot.takeFragment();
  boot.onFragment?.();
});

{
  const from = new URL('hubbub.js', document.currentScript.src);
  addEventListener('DOMContentLoaded', () => boot.load(from));
}
