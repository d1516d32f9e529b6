/** The chat page's document. Nothing may run in it but its one script, and nothing is fetched from anywhere else. */

export interface Parts {
  /** Addresses of the script and the style sheet. */
  script: string;
  style: string;
  /** Where the editor serves local files from. */
  source: string;
  nonce: string;
}

export function pageHtml({ script, style, source, nonce }: Parts): string {
  // Pictures are those that a person pasted; the font of the icons is inside the style sheet.
  const policy = [`default-src 'none'`, `script-src 'nonce-${nonce}'`, `style-src ${source}`, `font-src data:`, `img-src data:`, `base-uri 'none'`, `form-action 'none'`].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="UTF-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Conduit</title>
<link rel="stylesheet" href="${style}">
</head>
<body>
<div id="root"></div>
<script nonce="${nonce}" src="${script}"></script>
</body>
</html>`;
}

export function newNonce(): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
  return Array.from(crypto.getRandomValues(new Uint8Array(32)), (byte) => letters[byte % letters.length]).join('');
}
