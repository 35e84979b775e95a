// What is copied of the conversation: who said it and when, one message a line, without what only decorates the window.

const copying = {
  // What of an element is selected, as nodes.
  part(range, element) {
    if (!range.intersectsNode(element)) return null;
    const part = document.createRange();
    part.selectNodeContents(element);
    if (part.compareBoundaryPoints(Range.START_TO_START, range) < 0) part.setStart(range.startContainer, range.startOffset);
    if (part.compareBoundaryPoints(Range.END_TO_END, range) > 0) part.setEnd(range.endContainer, range.endOffset);
    return part.toString() && part.cloneContents();
  },

  // The selected lines: what stands before each, and the selected part of it.
  lines(range) {
    const lines = [];
    for (const line of hubbub.timeline().querySelectorAll('[data-lead]')) {
      const words = line.querySelector(':scope > :is(.text, .words, .said)');
      const part = words && copying.part(range, words);
      const head = line.querySelector(':scope > .byline');
      if (part) lines.push({ lead: line.dataset.lead, part, withHead: head && copying.part(range, head) });
    }
    return lines;
  },

  // One line is what was marked in it; several each get what stands before them, and so does one with its name.
  leads: (lines) => lines.length > 1 || Boolean(lines[0].withHead),

  plain(lines) {
    if (!copying.leads(lines)) return lines[0].part.textContent;
    return lines.map(({ lead, part }) => lead + part.textContent.replaceAll('\n', '\n    ')).join('\n');
  },

  // For those who paste what is more than text: the same lines, with links. All else is text there, too.
  rich(lines) {
    const paper = document.createElement('div');
    const write = (node, into) => {
      for (const child of node.childNodes) {
        if (child.nodeType === Node.TEXT_NODE) {
          child.data.split('\n').forEach((words, at) => into.append(...(at ? [document.createElement('br'), words] : [words])));
        } else if (child.matches?.('a[href]')) {
          const link = document.createElement('a');
          link.href = child.getAttribute('href');
          link.append(child.textContent);
          into.append(link);
        } else write(child, into);
      }
    };
    for (const { lead, part } of lines) {
      const line = document.createElement('div');
      if (copying.leads(lines)) line.append(lead);
      write(part, line);
      paper.append(line);
    }
    return paper.innerHTML;
  },
};

document.addEventListener('copy', (event) => {
  if (event.defaultPrevented || event.target.closest?.('input, textarea') || !hubbub.timeline()) return;
  const selection = getSelection();
  if (selection.isCollapsed) return;
  const lines = copying.lines(selection.getRangeAt(0));
  if (lines.length === 0) return;
  event.clipboardData.setData('text/plain', copying.plain(lines));
  event.clipboardData.setData('text/html', copying.rich(lines));
  event.preventDefault();
});
