// The search: its keys, and the marks in the texts. The program says which lines match; where in them is found here.
// Loaded behind page.js.

// Most matches that are marked at once: more than fit into any window.
const MARKED_MATCHES = 2000;

Object.assign(hubbub, {
  searchField: () => document.getElementById('search-field'),

  // Without a difference of letter case, or between a letter with its accent and one before it. As the program does it.
  fold: (text) => text.toUpperCase().normalize(),

  // Marks anew whatever comes into the timeline while a search goes on.
  marker: new MutationObserver(() => hubbub.mark()),

  // The first match in the current line.
  found: null,

  search(goesOn) {
    const timeline = hubbub.timeline();
    hubbub.marker.disconnect();
    if (goesOn) {
      const what = { childList: true, subtree: true, characterData: true, attributeFilter: ['aria-current'] };
      hubbub.marker.observe(timeline.querySelector('.lines'), what);
      hubbub.searchField().focus();
      hubbub.searchField().select();
    } else {
      CSS.highlights.clear();
      // At the end nothing is held, so that it sticks there.
      if (hubbub.isAtEnd()) hubbub.anchor = null;
      hubbub.focus();
    }
  },

  mark() {
    const query = hubbub.fold(hubbub.searchField()?.value ?? '');
    const [others, current] = [new Highlight(), new Highlight()];
    let left = MARKED_MATCHES;
    for (const text of query ? hubbub.timeline().querySelectorAll('.message .text') : []) {
      const highlight = text.closest('[aria-current]') ? current : others;
      const matches = hubbub.matches(text, query, left);
      for (const match of matches) highlight.add(match);
      left -= matches.length;
    }
    [hubbub.found] = current;
    CSS.highlights.set('match', others);
    CSS.highlights.set('current-match', current);
  },

  // Where a query stands in an element: at most so many ranges.
  matches(element, query, most) {
    const nodes = [];
    const walker = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
    for (let end = 0; walker.nextNode();) {
      end += walker.currentNode.length;
      nodes.push({ node: walker.currentNode, end });
    }
    const whole = element.textContent;
    const folded = hubbub.fold(whole);
    const origin = hubbub.origins(whole, folded);
    // The node in which a letter stands, and where in it; or where it stands behind the letter before. They are asked for
    // in order.
    let next = 0;
    const boundary = (at, behind) => {
      while (behind ? at > nodes[next].end : at >= nodes[next].end) next += 1;
      const { node, end } = nodes[next];
      return [node, at - (end - node.length)];
    };
    const matches = [];
    for (let at = folded.indexOf(query); at >= 0 && matches.length < most;) {
      const [startContainer, startOffset] = boundary(origin(at)[0], false);
      const [endContainer, endOffset] = boundary(origin(at + query.length - 1)[1], true);
      matches.push(new StaticRange({ startContainer, startOffset, endContainer, endOffset }));
      at = folded.indexOf(query, at + query.length);
    }
    return matches;
  },

  // From where to where the letter goes that becomes the letter at `at` of the folded text. One can become several, and it
  // becomes one with its accents, or a syllable with its parts.
  origins(whole, folded) {
    const joining = /[\p{M}\u1100-\u11ff]/u;
    if (folded.length === whole.length && !joining.test(whole)) return (at) => [at, at + 1];
    const origins = [];
    for (const { 0: letter, index } of whole.matchAll(/[\u1100-\u11ff\uac00-\ud7a3][\u1160-\u11ff]+|\P{M}\p{M}*|\p{M}+/gu)) {
      const origin = [index, index + letter.length];
      for (let n = hubbub.fold(letter).length; n > 0; n -= 1) origins.push(origin);
    }
    return (at) => origins[at];
  },

  showFound() {
    const timeline = hubbub.timeline();
    const line = timeline.querySelector('.lines > [aria-current]');
    if (!line) return;
    // A part of a long text that is out of sight has no layout, and then a match in it has no place.
    hubbub.found?.startContainer.parentElement.closest('.part')?.style.setProperty('content-visibility', 'visible');
    const part = new Range();
    part.selectNode(line);
    // Of a line that is higher than the view, the match.
    if (hubbub.found && line.offsetHeight > timeline.clientHeight) {
      part.setStart(hubbub.found.startContainer, hubbub.found.startOffset);
      part.setEnd(hubbub.found.endContainer, hubbub.found.endOffset);
    }
    const [view, place] = [timeline.getBoundingClientRect(), part.getBoundingClientRect()];
    if (place.top < view.top || place.bottom > view.bottom) {
      timeline.scrollTop += (place.top + place.bottom - view.top - view.bottom) / 2;
    }
    hubbub.anchorAt(line);
  },
});

const searchKeys = {
  open() {
    document.getElementById('search')?.click();
  },

  step(newer) {
    if (!hubbub.searchField()) searchKeys.open();
    document.getElementById(newer ? 'search-newer' : 'search-older')?.click();
  },
};

document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.keyCode === 229 || event.altKey) return;
  const control = event.ctrlKey || event.metaKey;
  const key = keyName(event);
  const inField = event.target.id === 'search-field';
  if (control && key === 'f') searchKeys.open();
  else if (key === 'f3' || (control && key === 'g') || (inField && key === 'enter')) searchKeys.step(event.shiftKey);
  else if (key === 'escape') document.getElementById('search-close')?.click();
  else return;
  event.preventDefault();
});
