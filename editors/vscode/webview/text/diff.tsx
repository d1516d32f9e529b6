/** A unified diff, coloured by lines. */
export function Diff({ text, label }: { text: string; label: string }) {
  const lines = text.replace(/\n$/, '').split('\n');
  return (
    <pre class="diff" tabIndex={0} role="group" aria-label={label}>
      {lines.map((line) => (
        <div class={`line ${kindOf(line)}`}>{line === '' ? ' ' : line}</div>
      ))}
    </pre>
  );
}

export function isDiff(text: string): boolean {
  return /^(--- |\+\+\+ |@@ |diff )/m.test(text);
}

function kindOf(line: string): string {
  if (line.startsWith('+++') || line.startsWith('---') || line.startsWith('diff ')) return 'file';
  if (line.startsWith('@@')) return 'place';
  if (line.startsWith('+')) return 'added';
  if (line.startsWith('-')) return 'removed';
  return 'same';
}
