// Package dashboard is the pages that people see: sign-in, the overview, the
// campaigns with their numbers moving, and the forms that make and change them.
// They stand on the same domain services as the API, each through the small
// interface declared in services.go.
//
// # How a page comes about
//
// A handler (one file for each page) reads the services and fills a view model
// (models.go): everything is decided and named there, in the viewer's language.
// The templates of package web only lay out and print. The whole page is
// rendered before its first byte is sent, so a failure becomes an error page.
//
// # What holds
//
//   - Every page works without scripts: forms, links and a reload. Scripts add
//     what moves: figures, the chart, filters at every key, dialogs.
//   - Nothing is inline: the content security policy allows our own files alone.
//   - A POST from another site is refused before any handler runs, so the
//     session cookie needs no token beside it.
//   - A form carries the revision it was made from. When somebody was faster it
//     comes back with what they changed, and with everything that was entered.
//   - What a role may not do is shown as such and refused here as well; the
//     services bind every read and write to the partner.
package dashboard
