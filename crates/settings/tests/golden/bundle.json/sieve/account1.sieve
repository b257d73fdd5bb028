require ["fileinto", "imap4flags"];

# rule: Rechnungen
if allof (header :contains "subject" "Rechnung", header :matches "from" "*@example.org") {
    addflag "rechnung";
    fileinto "INBOX/Rechnungen";
}

# rule: Newsletter "Wöchentlich"
# not expressible: move to a local folder

# rule: Weiterleiten (disabled)

# rule: Große löschen
# not expressible: age in days is greater than
