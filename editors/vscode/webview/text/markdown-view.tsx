/** Shows Markdown that may still be growing. */
import { Component, createRef } from 'preact';
import { blocks, grow, type Block } from './markdown.ts';
import { morph } from './morph.ts';

interface Props {
  text: string;
  done: boolean;
}

export class Markdown extends Component<Props> {
  private readonly root = createRef<HTMLDivElement>();
  private shown = '';
  private blocks: Block[] = [];

  override shouldComponentUpdate(next: Props): boolean {
    if (next.text !== this.shown || next.done !== this.props.done) this.show(next);
    return false;
  }

  override componentDidMount(): void {
    this.show(this.props);
  }

  render() {
    return <div class="markdown" ref={this.root} />;
  }

  private show({ text, done }: Props): void {
    const root = this.root.current;
    if (root === null) return;
    const before = this.blocks;
    this.blocks = done ? blocks(text) : grow(text, this.shown, before);
    this.shown = text;
    this.blocks.forEach((block, index) => {
      const old = before[index];
      if (old !== undefined && old.html === block.html && root.children[index]) return;
      let element = root.children[index];
      if (element === undefined) {
        element = document.createElement('div');
        element.className = 'block';
        root.appendChild(element);
      }
      morph(element, block.html);
    });
    while (root.children.length > this.blocks.length) root.lastElementChild?.remove();
  }
}
