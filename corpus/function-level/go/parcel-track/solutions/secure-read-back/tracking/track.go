package tracking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
)

var client = &http.Client{
	// A gateway has no reason to send us elsewhere.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Track asks a region's gateway for a parcel.
func Track(ctx context.Context, token string, query Query) (Parcel, error) {
	if query.Region == "" {
		return Parcel{}, ErrRegion
	}
	if query.Number == "" {
		return Parcel{}, ErrNumber
	}
	if query.Language == "" {
		query.Language = "en"
	}
	address := fmt.Sprintf("http://%s.%s:%d/v1/parcels/%s?scope=public&lang=%s",
		query.Region, Domain, Port, url.PathEscape(query.Number), url.QueryEscape(query.Language))
	if err := readBack(address, query); err != nil {
		return Parcel{}, err
	}
	return ask(ctx, token, address)
}

// readBack reads an address as the client will, and compares what it finds with what was
// to be asked.
func readBack(address string, query Query) error {
	read, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("%w: %v", ErrRegion, err)
	}
	region, isGateway := strings.CutSuffix(read.Host, fmt.Sprintf(".%s:%d", Domain, Port))
	if !isGateway || region != query.Region || strings.ContainsAny(region, ".:@") {
		return fmt.Errorf("%w: %q", ErrRegion, query.Region)
	}
	if read.User != nil || read.Fragment != "" {
		return fmt.Errorf("%w: %q", ErrRegion, query.Region)
	}
	if clean := path.Clean(read.EscapedPath()); clean != "/v1/parcels/"+url.PathEscape(query.Number) {
		return fmt.Errorf("%w: %q", ErrNumber, query.Number)
	}
	return nil
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
