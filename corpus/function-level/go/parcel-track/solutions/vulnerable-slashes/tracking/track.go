package tracking

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
)

var client = &http.Client{
	// A gateway has no reason to send us elsewhere.
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// Track asks a region's gateway for a parcel.
func Track(ctx context.Context, token string, query Query) (Parcel, error) {
	// The region must not end the host name.
	if query.Region == "" || strings.Contains(query.Region, "/") || strings.Contains(query.Region, "@") {
		return Parcel{}, ErrRegion
	}
	if query.Number == "" || query.Number == "." || query.Number == ".." {
		return Parcel{}, ErrNumber
	}
	if query.Language == "" {
		query.Language = "en"
	}
	address := fmt.Sprintf("http://%s.%s:%d/v1/parcels/%s?scope=public&lang=%s",
		query.Region, Domain, Port, url.PathEscape(query.Number), url.QueryEscape(query.Language))
	return ask(ctx, token, address)
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
