;;; conduit.el --- Conduit through eglot  -*- lexical-binding: t; -*-

;; Package-Requires: ((emacs "28.1") (eglot "1.9"))

;;; Commentary:

;; eglot is part of Emacs since version 29.  It starts one server for a buffer, so this names modes
;; whose own server you can do without.
;;
;; eglot waits for every command, ten seconds at most, and Emacs with it.  A model takes longer, so
;; commands of Conduit run behind your back here; the mode line shows how far they are.

;;; Code:

(require 'eglot)

(defgroup conduit nil
  "An agent server for any editor."
  :group 'tools)

(defcustom conduit-command '("conduit" "serve")
  "How the server is started."
  :type '(repeat string))

(defcustom conduit-modes '(text-mode markdown-mode python-mode python-ts-mode)
  "Major modes whose buffers Conduit manages."
  :type '(repeat symbol))

(defclass conduit-server (eglot-lsp-server) ()
  "A server whose commands take as long as a model does.")

(add-to-list 'eglot-server-programs
             (cons conduit-modes (lambda (&rest _) (cons 'conduit-server conduit-command))))

(defun conduit--run (server command arguments)
  "Let SERVER run COMMAND with ARGUMENTS; what it has to say it says by itself."
  (jsonrpc-async-request
   server :workspace/executeCommand (list :command (format "%s" command) :arguments arguments)
   :timeout 3600
   :success-fn #'ignore
   :error-fn (lambda (problem) (message "Conduit: %s" (plist-get problem :message)))))

;; Emacs 28 and 29.
(with-suppressed-warnings ((obsolete eglot-execute-command))
  (cl-defmethod eglot-execute-command ((server conduit-server) command arguments)
    (conduit--run server command arguments)))

;; Emacs 30 and later; a code action is taken apart by eglot, which comes back with its command.
(when (fboundp 'eglot-execute)
  (cl-defmethod eglot-execute ((server conduit-server) action)
    (if (stringp (plist-get action :command))
        (conduit--run server (plist-get action :command) (or (plist-get action :arguments) []))
      (cl-call-next-method))))

(defun conduit-run (command &rest arguments)
  "Let Conduit run COMMAND with ARGUMENTS."
  (conduit--run (eglot--current-server-or-lose) command (vconcat arguments)))

(defun conduit-select-model (model)
  "Let MODEL answer from now on, for example `anthropic/claude-sonnet-5-5' or `sonnet'."
  (interactive "sModel: ")
  (conduit-run "conduit.model.select" model))

(defun conduit-chat ()
  "Open a chat in a Markdown buffer; what you write at its end is sent by `conduit-chat-send'."
  (interactive)
  (conduit-run "conduit.chat.open"))

(defun conduit-chat-send ()
  "Send what stands at the end of the chat."
  (interactive)
  (conduit-run "conduit.chat.send" (concat "file://" (buffer-file-name))))

(defun conduit-chat-stop ()
  "Stop the answer that is being written into the chat."
  (interactive)
  (conduit-run "conduit.chat.stop" (concat "file://" (buffer-file-name))))

(defun conduit-undo-turn ()
  "Take back what the newest turn changed in files; what you typed later stays."
  (interactive)
  (conduit-run "conduit.turn.undo"))

(provide 'conduit)
;;; conduit.el ends here
