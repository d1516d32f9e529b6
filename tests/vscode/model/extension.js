/** A language model that says one sentence: without any, VS Code keeps its own chat closed, and with it every participant. */
const vscode = require('vscode');

const MODEL = { id: 'some', name: 'Some', family: 'some', version: '1', maxInputTokens: 8192, maxOutputTokens: 8192, capabilities: { toolCalling: true } };

exports.activate = async (context) => {
  const provider = {
    provideLanguageModelChatInformation: async () => [MODEL],
    provideLanguageModelChatResponse: async (_model, _messages, _options, progress) => progress.report(new vscode.LanguageModelTextPart('This is not Conduit.')),
    provideTokenCount: async (_model, text) => String(text).length,
  };
  context.subscriptions.push(vscode.lm.registerLanguageModelChatProvider('some-model', provider));
  await vscode.lm.selectChatModels({ vendor: 'some-model' }); // only now VS Code asks for it
};
