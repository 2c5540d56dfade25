// Package payments speaks to the providers that take partners' money: Stripe by
// Checkout Sessions, PayPal by Orders, and a simulation for demos that moves no
// money. Each is a payment.Gateway.
//
// Payers always pay on the provider's own page: no card number ever comes here.
// Errors and logs never hold a key, a token or what a payer has typed.
package payments
