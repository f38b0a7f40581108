--> {"method":"exit","params":null}
exit 1
stderr exit without a shutdown
