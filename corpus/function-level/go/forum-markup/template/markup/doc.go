// Package markup shows the posts of a forum.
package markup
