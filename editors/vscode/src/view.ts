// The view in the side bar: a webview whose page is view/main.ts. What it shows is made here; it says what was clicked
// and typed (view/messages.ts).
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { FromView, State, ToView } from './view/messages';

export class View implements vscode.WebviewViewProvider {
  private view?: vscode.WebviewView;
  private focusWhenReady = false;

  constructor(
    context: vscode.ExtensionContext,
    private folder: vscode.Uri,
    private state: () => State,
    private onMessage: (message: FromView) => void,
  ) {
    context.subscriptions.push(vscode.window.registerWebviewViewProvider('emend.view', this));
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    this.view = view;
    view.webview.options = { enableScripts: true, localResourceRoots: [vscode.Uri.joinPath(this.folder, 'dist')] };
    view.webview.onDidReceiveMessage((message: FromView) => {
      if (message.type !== 'ready') {
        this.onMessage(message);
        return;
      }
      this.post({ type: 'state', state: this.state() });
      if (this.focusWhenReady) this.post({ type: 'focus' });
      this.focusWhenReady = false;
    });
    view.onDidDispose(() => {
      this.view = undefined;
    });
    view.webview.html = this.page(view.webview);
  }

  get visible(): boolean {
    return this.view?.visible ?? false;
  }

  post(message: ToView): void {
    void this.view?.webview.postMessage(message);
  }

  // All but the turns, which are told piece by piece.
  refresh(): void {
    const { turns: _, ...state } = this.state();
    this.post({ type: 'more', state });
  }

  // Everything anew.
  redraw(): void {
    this.post({ type: 'state', state: this.state() });
  }

  badge(count: number): void {
    if (this.view) this.view.badge = { value: count, tooltip: count ? 'Emend asks' : '' }; // undefined would leave the old one
  }

  // Shows it, with the cursor in the box.
  async focus(): Promise<void> {
    this.focusWhenReady = !this.view;
    await vscode.commands.executeCommand('emend.view.focus');
    this.post({ type: 'focus' });
  }

  // Shows it; the keys go where they went.
  async reveal(): Promise<void> {
    await vscode.commands.executeCommand('emend.view.focus', { preserveFocus: true });
  }

  private page(webview: vscode.Webview): string {
    const uri = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(this.folder, 'dist', name)).toString();
    const nonce = randomBytes(16).toString('base64');
    return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'">
<link rel="stylesheet" href="${uri('view.css')}">
<title>Emend</title>
</head>
<body><script nonce="${nonce}" src="${uri('view.js')}"></script></body>
</html>`;
  }
}
