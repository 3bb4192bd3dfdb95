// Package relay hands pictures of other hosts to the readers of our forum.
package relay

// Path is where the relay is found.
const Path = "/image"

// MaxRedirects is how many redirects in a row are followed.
const MaxRedirects = 2

// Types are the media types of pictures.
var Types = []string{"image/png", "image/jpeg", "image/gif", "image/webp"}
