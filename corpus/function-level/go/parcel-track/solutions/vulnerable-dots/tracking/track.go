package tracking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
)

var label = regexp.MustCompile(`\A[0-9a-z]([0-9a-z-]*[0-9a-z])?\z`)

var client = &http.Client{
	// A gateway has no reason to send us elsewhere.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Track asks a region's gateway for a parcel.
func Track(ctx context.Context, token string, query Query) (Parcel, error) {
	if !label.MatchString(query.Region) {
		return Parcel{}, fmt.Errorf("%w: %q", ErrRegion, query.Region)
	}
	if query.Number == "" {
		return Parcel{}, fmt.Errorf("%w: %q", ErrNumber, query.Number)
	}
	if query.Language == "" {
		query.Language = "en"
	}
	address := url.URL{
		Scheme:   "http",
		Host:     net.JoinHostPort(query.Region+"."+Domain, strconv.Itoa(Port)),
		Path:     "/v1/parcels/" + query.Number,
		RawPath:  "/v1/parcels/" + url.PathEscape(query.Number),
		RawQuery: url.Values{"lang": {query.Language}, "scope": {"public"}}.Encode(),
	}
	return ask(ctx, token, address.String())
}

func ask(ctx context.Context, token, address string) (Parcel, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Parcel{}, fmt.Errorf("%w: %v", ErrRegion, err)
	}
	request.Header.Set("Authorization", "Bearer "+token)
	response, err := client.Do(request)
	var unknown *net.DNSError
	if errors.As(err, &unknown) && unknown.IsNotFound {
		return Parcel{}, fmt.Errorf("%w: %v", ErrRegion, err)
	}
	if err != nil {
		return Parcel{}, fmt.Errorf("%w: %v", ErrGateway, err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return Parcel{}, ErrNumber
	default:
		return Parcel{}, fmt.Errorf("%w: status %d", ErrGateway, response.StatusCode)
	}
	var parcel Parcel
	if err := json.NewDecoder(response.Body).Decode(&parcel); err != nil {
		return Parcel{}, fmt.Errorf("%w: %v", ErrGateway, err)
	}
	return parcel, nil
}
