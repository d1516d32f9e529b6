/** The chat page. */
import '@vscode/codicons/dist/codicon.css';
import './style/page.css';
import './style/panels.css';
import './style/rows.css';
import './style/questions.css';
import './style/markdown.css';
import './style/composer.css';
import { h, render } from 'preact';
import { App } from './app.tsx';
import { listen, post } from './host.ts';
import { page } from './page.ts';

render(h(App, {}), document.getElementById('root') as HTMLElement);
listen((message) => page.take(message));
post({ type: 'ready' });
