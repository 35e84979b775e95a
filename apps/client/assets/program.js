// What the page tells the program beside the events that are rendered: by a way of its own, that stays open when nothing can
// be rendered any more, `tell`. It is another one in the window (window.js) than in a browser (browser.js). And what the
// program asks of the page when one page follows another. Loaded after page.js.

// How long what is typed may stand in the page alone. A page can die at any time, and takes that with it.
const DRAFT_KEPT_MS = 250;

const program = {
  // What the program knows of the composer.
  draft: '',

  timer: null,

  // Whatever changes the field, a key, a button or the page itself: it is looked at soon after.
  keepDraftSoon() {
    program.timer ??= setTimeout(program.keepDraft, DRAFT_KEPT_MS);
  },

  keepDraft() {
    program.timer = null;
    // A field that is new has not got what was typed before.
    const field = hubbub.draft();
    const draft = field?.dataset.restored ? field.value : program.draft;
    if (draft === program.draft) return;
    program.draft = draft;
    program.tell('draft', draft);
  },

  isMuted: (name) => [...document.querySelectorAll('#muted [data-name]')].some((it) => it.dataset.name === name),

  // The page cannot follow the program any more. The program opens another one.
  fail(why) {
    program.tell('failed', `${why}`);
  },
};

for (const event of ['input', 'keyup', 'click', 'submit']) {
  document.addEventListener(event, program.keepDraftSoon);
}

Object.assign(hubbub, {
  // On a page that follows another: what was typed on that one.
  restore(draft) {
    const field = hubbub.draft();
    field.dataset.restored = 'yes';
    if (draft && !field.value) {
      program.draft = draft;
      field.value = draft;
      hubbub.fit(field);
      hubbub.measure(field);
    }
    hubbub.focus();
  },

  showLine(number) {
    const line = hubbub.timeline().querySelector(`[data-line="${number}"]`);
    line?.scrollIntoView({ block: 'nearest' });
    hubbub.anchorAt(hubbub.isAtEnd() ? null : line);
  },

  askToClose() {
    const question = document.getElementById('closing');
    const stay = document.getElementById('stay');
    question.addEventListener('keydown', ({ key }) => key === 'Escape' && stay.click());
    stay.addEventListener('click', () => {
      question.close();
      hubbub.focus();
    });
    question.showModal();
  },
});
