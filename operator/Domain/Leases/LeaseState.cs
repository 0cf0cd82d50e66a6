namespace Federation.Domain.Leases;

/// <summary>Where a lease stands on chain; values as in the contract.</summary>
public enum LeaseState
{
    None = 0,
    Reserved = 1,
    Active = 2,
    Closing = 3,
    Closed = 4,
}

/// <summary>Why a lease ends; values as in the contract.</summary>
public enum CloseReason
{
    None = 0,
    Tenant = 1,
    Provider = 2,
    Escrow = 3,
    Term = 4,
    NotActivated = 5,
    Refused = 6,
}
