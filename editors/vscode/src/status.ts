// The item in the status bar: what Emend does, with which model, and what was spent today.
import * as vscode from 'vscode';
import { shortModel } from './protocol';
import type { Cost, ServerStatus } from './protocol';

export interface StatusParts {
  off?: string; // why the server does not run
  running: number;
  asking: number;
  status?: ServerStatus;
  cost?: Cost;
}

export function money(usd: number): string {
  return `$${usd.toFixed(usd < 0.1 && usd > 0 ? 4 : 2)}`;
}

export class StatusItem {
  private item = vscode.window.createStatusBarItem('emend.status', vscode.StatusBarAlignment.Right, 100);

  constructor(context: vscode.ExtensionContext) {
    this.item.name = 'Emend';
    this.item.command = 'emend.ui.menu';
    context.subscriptions.push(this.item);
    this.item.show();
  }

  draw(p: StatusParts): void {
    const model = p.status?.model ? shortModel(p.status.model) : 'no model';
    const today = p.cost?.today;
    const icon = p.off ? '$(circle-slash)' : p.asking ? '$(question)' : p.running ? '$(sync~spin)' : '$(sparkle)';
    const words = p.off ? 'Emend: off' : p.running ? `Emend: ${p.running} running` : `Emend: ${model}`;
    this.item.text = `${icon} ${words}${today && !p.off ? ` · ${money(today.usd)}` : ''}`;
    this.item.backgroundColor = p.off ? new vscode.ThemeColor('statusBarItem.errorBackground') : undefined;
    const lines = p.off ? [`Emend does not run: ${p.off}.`] : [
      `Model: ${p.status?.model ?? p.status?.problem ?? 'none'}`,
      `Tasks: ${p.running ? `${p.running} running` : 'none running'}`,
      ...(today ? [`Today: ${today.estimated || today.unpriced ? 'about ' : ''}${money(today.usd)}${today.limit ? ` of ${money(today.limit)}` : ''}`] : []),
      'Click for what can be done.',
    ];
    this.item.tooltip = lines.join('\n');
    this.item.accessibilityInformation = { label: [words, ...lines].join(', '), role: 'button' };
  }
}
