// Package account is where members look after their membership.
package account

import (
	"crypto/rand"
	"net/http"
	"sync"
)

// Origin is where the website is, and the only place from which its pages come.
const Origin = "https://members.club.example"

// SessionCookie is the cookie that the sign-in service sets.
const SessionCookie = "session"

// A Member of the club.
type Member struct {
	Name  string
	Email string
}

// A Store knows the members who are signed in, by their sessions.
type Store struct {
	lock     sync.Mutex
	sessions map[string]Member
}

// NewStore returns a store without members.
func NewStore() *Store {
	return &Store{sessions: map[string]Member{}}
}

// SignIn begins a session. Members also use the pages in frames on the sites of other clubs,
// so browsers send the cookie from everywhere.
func (s *Store) SignIn(member Member) *http.Cookie {
	s.lock.Lock()
	defer s.lock.Unlock()
	session := rand.Text()
	s.sessions[session] = member
	return &http.Cookie{
		Name: SessionCookie, Value: session, Path: "/",
		Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode,
	}
}

// Member returns the member of a session, and whether there is one.
func (s *Store) Member(session string) (Member, bool) {
	s.lock.Lock()
	defer s.lock.Unlock()
	member, found := s.sessions[session]
	return member, found
}

// SetEmail changes the address of a session's member, if there is one.
func (s *Store) SetEmail(session, email string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	if member, found := s.sessions[session]; found {
		member.Email = email
		s.sessions[session] = member
	}
}

// Leave ends the membership of a session's member, and the session.
func (s *Store) Leave(session string) {
	s.lock.Lock()
	defer s.lock.Unlock()
	delete(s.sessions, session)
}
