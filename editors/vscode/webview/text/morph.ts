/** Makes an element's children like given HTML with the fewest changes, so that nothing flickers and a selection stays. */

export function morph(element: Element, html: string): void {
  const template = document.createElement('template');
  template.innerHTML = html;
  children(element, template.content);
}

function children(old: Node, next: Node): void {
  let mine = old.firstChild;
  let theirs = next.firstChild;
  while (theirs !== null) {
    const following = theirs.nextSibling;
    if (mine === null) {
      old.appendChild(theirs);
    } else {
      const after: ChildNode | null = mine.nextSibling;
      if (!same(mine, theirs)) old.replaceChild(theirs, mine);
      mine = after;
    }
    theirs = following;
  }
  while (mine !== null) {
    const after: ChildNode | null = mine.nextSibling;
    old.removeChild(mine);
    mine = after;
  }
}

/** Makes `mine` like `theirs` and returns true, or false when they are of another kind. */
function same(mine: Node, theirs: Node): boolean {
  if (mine.nodeType !== theirs.nodeType || mine.nodeName !== theirs.nodeName) return false;
  if (mine.nodeType === Node.TEXT_NODE) {
    if (mine.nodeValue !== theirs.nodeValue) mine.nodeValue = theirs.nodeValue;
    return true;
  }
  const [a, b] = [mine as Element, theirs as Element];
  for (const { name } of [...a.attributes]) if (!b.hasAttribute(name)) a.removeAttribute(name);
  for (const { name, value } of [...b.attributes]) if (a.getAttribute(name) !== value) a.setAttribute(name, value);
  children(a, b);
  return true;
}
