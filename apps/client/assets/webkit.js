// What WebKit needs of a page that Dioxus draws in it. The window loads it first; a browser does not get it.

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
