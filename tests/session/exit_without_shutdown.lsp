# exit without shutdown: status 1.
init vscode-9
--> {"method":"exit"}
exit 1
stderr exit without a shutdown
