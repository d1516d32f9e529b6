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
(require 'url-parse)

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

(defun conduit--run (server command arguments &optional done)
  "Let SERVER run COMMAND with ARGUMENTS; what it has to say it says by itself.
DONE is called with the answer."
  (jsonrpc-async-request
   server :workspace/executeCommand (list :command (format "%s" command) :arguments arguments)
   :timeout 3600
   :success-fn (or done #'ignore)
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

(defvar conduit--chats nil
  "URIs of the chats that were shown.")

(defvar eglot-confirm-server-initiated-edits) ; eglot of Emacs 28
(defvar eglot-confirm-server-edits)

;; An answer is many small edits of the chat; to ask about each would be to ask whether it may be read.
(cl-defmethod eglot-handle-request ((_server conduit-server) (_method (eql workspace/applyEdit))
                                    &key edit &allow-other-keys)
  "Apply an EDIT of a chat without a question, and any other as eglot does."
  (let* ((changes (append (plist-get edit :documentChanges) nil))
         (uris (mapcar (lambda (each) (plist-get (plist-get each :textDocument) :uri)) changes)))
    (if (and uris (cl-every (lambda (uri) (member uri conduit--chats)) uris))
        (let ((eglot-confirm-server-initiated-edits nil)
              (eglot-confirm-server-edits nil))
          (cl-call-next-method))
      (cl-call-next-method))))

;; A chat is a file outside of the project, so eglot has to be told whose it is.
(defun conduit--show-chat (server uri)
  "Show the chat URI, and let SERVER manage its buffer, whatever its mode is."
  (let ((file (expand-file-name (url-unhex-string (url-filename (url-generic-parse-url uri)))))
        (eglot-extend-to-xref t))
    (puthash file server eglot--servers-by-xrefed-file)
    (cl-pushnew uri conduit--chats :test #'equal)
    (with-current-buffer (find-file-noselect file)
      (when (eq major-mode 'fundamental-mode)
        (text-mode))
      (eglot--maybe-activate-editing-mode)
      (goto-char (point-max))
      (pop-to-buffer (current-buffer)))))

(cl-defmethod eglot-handle-request ((server conduit-server) (_method (eql window/showDocument))
                                    &key uri external &allow-other-keys)
  "Show what Conduit shows, and keep it managed by SERVER."
  (if (eq external t)
      (browse-url uri)
    (run-with-timer 0 nil #'conduit--show-chat server uri))
  '(:success t))

(defun conduit-chat ()
  "Open a chat in a Markdown buffer; what you write at its end is sent by `conduit-chat-send'."
  (interactive)
  (let ((server (eglot--current-server-or-lose)))
    (conduit--run server "conduit.chat.open" []
                  (lambda (answer) (conduit--show-chat server (plist-get answer :uri))))))

(defun conduit-chat-send ()
  "Send what stands at the end of the chat that was used last."
  (interactive)
  (conduit-run "conduit.chat.send"))

(defun conduit-chat-stop ()
  "Stop the answer that is being written into the chat."
  (interactive)
  (conduit-run "conduit.chat.stop"))

(defun conduit-undo-turn ()
  "Take back what the newest turn changed in files; what you typed later stays."
  (interactive)
  (conduit-run "conduit.turn.undo"))

(provide 'conduit)
;;; conduit.el ends here
