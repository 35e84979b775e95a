// Up, Down and Tab in the composer: what was sent comes back, names are completed. Loaded behind page.js.

// Most texts that come back: more than anybody pages through. And most letters in all of them: four of the longest.
const SENT_TEXTS = 100;
const SENT_LETTERS = 4 * 1024 * 1024;

const sent = {
  // Oldest first.
  texts: [],

  // Which of them stands in the field; none when it is behind the last.
  at: 0,

  keep(text) {
    if (text !== sent.texts.at(-1)) sent.texts.push(text);
    let letters = sent.texts.reduce((sum, { length }) => sum + length, 0);
    while (sent.texts.length > SENT_TEXTS || (letters > SENT_LETTERS && sent.texts.length > 1)) {
      letters -= sent.texts.shift().length;
    }
    sent.at = sent.texts.length;
  },

  // Brings back an older text (-1) or a newer one (1), unless the person has typed or has moved the caret since. Returns
  // whether the key is used up by that.
  bring(draft, by) {
    if (!draft.value) sent.at = sent.texts.length;
    const text = sent.texts[sent.at] ?? '';
    if (draft.value !== text || draft.selectionStart !== text.length) return false;
    const at = sent.at + by;
    if (at >= 0 && at <= sent.texts.length) {
      sent.at = at;
      draft.select();
      hubbub.put(sent.texts[at] ?? '');
    }
    return draft.value !== '';
  },
};

const names = {
  // No name is longer, in bytes (hubbub-wire's limit), and so none in letters.
  longest: 64,

  // The last completion: the names that fit, which of them stands there, from where to where, in which text.
  last: null,

  // Completes the name before the caret, or puts the next one that fits in its place. Returns whether the key is used
  // up by that. Where nothing fits, or nothing else does, it is not: Tab must lead out of the field.
  complete(draft) {
    const { value, selectionStart: caret } = draft;
    if (caret !== draft.selectionEnd) return false;
    const { last } = names;
    if (last?.value === value && last.end === caret) {
      if (last.fitting.length === 1) return false;
      return names.put(draft, { ...last, at: (last.at + 1) % last.fitting.length });
    }
    const [word] = /\S*$/.exec(value.slice(Math.max(0, caret - names.longest - 1), caret));
    const mark = word.startsWith('@') ? '@' : '';
    const begun = hubbub.fold(word.slice(mark.length));
    const fitting = draft.dataset.names.split('\n').filter((name) => hubbub.fold(name).startsWith(begun));
    if (!begun || fitting.length === 0) return false;
    return names.put(draft, { fitting, at: 0, mark, start: caret - word.length, end: caret });
  },

  put(draft, completion) {
    const { fitting, at, mark, start, end } = completion;
    const behind = start === 0 && !mark ? ': ' : ' ';
    const blank = /^\s/.test(draft.value.slice(end, end + 1));
    const text = mark + fitting[at] + (blank ? behind.trimEnd() : behind);
    draft.setSelectionRange(start, end);
    hubbub.put(text);
    names.last = { ...completion, end: start + text.length, value: draft.value };
    return true;
  },
};

document.addEventListener('keydown', (event) => {
  if (event.target.id !== 'draft' || event.isComposing || event.keyCode === 229) return;
  if (event.shiftKey || event.ctrlKey || event.altKey || event.metaKey) return;
  const used = event.key === 'Tab' ? names.complete(event.target)
    : event.key === 'ArrowUp' ? sent.bring(event.target, -1)
    : event.key === 'ArrowDown' && sent.bring(event.target, 1);
  if (used) event.preventDefault();
});
