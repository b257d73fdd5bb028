-- In which language a person last logged in: that of the mails to them. None: the house's.

ALTER TABLE accounts ADD COLUMN language TEXT CHECK (language IN ('de', 'en', 'cs'));
