// Package shop holds what the marketplace knows of orders and of the shops that take them.
package shop

// Order is an order that is about to be placed.
type Order struct {
	Number   string
	Country  string
	Lines    []*Line
	Customer *Customer
	Shop     *Shop
}

// Total is the price of all lines, in cents.
func (o *Order) Total() int64 {
	var total int64
	for _, line := range o.Lines {
		total += int64(line.Quantity) * line.Cents
	}
	return total
}

// Line is a number of pieces of one product.
type Line struct {
	SKU      string
	Title    string
	Quantity int
	Cents    int64 // the price of one piece
	Grams    int   // the weight of one piece
	Product  *Product
}

// Product is what the shop's purchasing department knows of a product.
type Product struct {
	Supplier  string
	CostCents int64
}

// Customer is who placed the order.
type Customer struct {
	Name  string
	Email string
}

// Shop is the account of a shop on the marketplace.
type Shop struct {
	Name    string
	APIKey  string
	Balance int64
}

// Credit adds an amount to the shop's balance.
func (s *Shop) Credit(cents int64) { s.Balance += cents }
