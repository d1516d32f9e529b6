;;; conduit.el --- Conduit through eglot  -*- lexical-binding: t; -*-

;;; Commentary:

;; eglot is part of Emacs since version 29.  It starts one server for a buffer, so this names modes
;; whose own server you can do without.

;;; Code:

(require 'eglot)

(add-to-list 'eglot-server-programs
             '((text-mode markdown-mode python-mode) . ("conduit" "serve")))

(defun conduit-command (command &rest arguments)
  "Run Conduit's COMMAND with ARGUMENTS and return its answer."
  (jsonrpc-request (eglot-current-server) :workspace/executeCommand
                   (list :command command :arguments (vconcat arguments))
                   :timeout 600))

(defun conduit-select-model (model)
  "Let MODEL answer from now on, for example `anthropic/claude-sonnet-5-5' or `sonnet'."
  (interactive "sModel: ")
  (conduit-command "conduit.model.select" model))

(provide 'conduit)
;;; conduit.el ends here
