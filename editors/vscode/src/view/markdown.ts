// Markdown that grows. What lies before the last blank line outside of a fence is drawn once and kept: a long answer
// would else be drawn whole with each piece of it.
import MarkdownIt from 'markdown-it';

const md = new MarkdownIt({ html: false, linkify: true });
md.disable('image'); // nothing is fetched

// Where the last block begins that may still change.
function stableEnd(text: string, from: number): number {
  let fenced = false;
  let end = from;
  let at = from;
  while (at < text.length) {
    const next = text.indexOf('\n', at);
    if (next < 0) break;
    const line = text.slice(at, next);
    if (/^\s*(```|~~~)/.test(line)) fenced = !fenced;
    // A list goes on behind a blank line, with its numbers.
    else if (!fenced && line.trim() === '' && /^[^\s\d*+-]/.test(text.slice(next + 1))) end = next + 1;
    at = next + 1;
  }
  return end;
}

export class Markdown {
  readonly node = document.createElement('div');
  private done = document.createElement('div');
  private tail = document.createElement('div');
  private drawn = ''; // the text that `done` shows
  private shown = '';

  constructor() {
    this.node.className = 'md';
    this.done.style.display = this.tail.style.display = 'contents';
    this.node.append(this.done, this.tail);
  }

  // whole: nothing will be added, so it is drawn as one.
  draw(text: string, whole: boolean): void {
    if (text === this.shown && !(whole && this.drawn !== '')) return;
    this.shown = text;
    if (whole) {
      this.drawn = '';
      this.done.replaceChildren();
      this.tail.innerHTML = md.render(text);
      return;
    }
    if (!text.startsWith(this.drawn)) {
      this.drawn = '';
      this.done.replaceChildren();
    }
    const end = stableEnd(text, this.drawn.length);
    if (end > this.drawn.length) {
      const made = document.createElement('template');
      made.innerHTML = md.render(text.slice(this.drawn.length, end));
      this.done.append(made.content);
      this.drawn = text.slice(0, end);
    }
    this.tail.innerHTML = md.render(text.slice(end));
  }
}
