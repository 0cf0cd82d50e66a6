// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title The only token holder. Balances belong to accounts, locked sums to a manager contract.
/// @dev All amounts are in the token's smallest units. The balance of an account is, for each token,
/// sum of Deposited - sum of Withdrawn - sum of Locked + sum of Released that name it.
interface IVault {
    event TokenAllowed(address indexed token);
    /// @notice `amount` came in from the ERC-20 balance of `from`: by deposit, or by a lock that the balance did not cover.
    event Deposited(address indexed token, address indexed account, address indexed from, uint256 amount);
    event Withdrawn(address indexed token, address indexed account, address indexed to, uint256 amount);
    event Locked(address indexed manager, address indexed token, address indexed from, uint256 amount);
    event Released(address indexed manager, address indexed token, address indexed to, uint256 amount);

    error NotGovernor(address caller);
    error NotManager(address caller);
    error TokenNotAllowed(address token);
    error TokenAlreadyAllowed(address token);
    error AmountZero();
    error RecipientZero();
    error BalanceTooLow(address token, address account, uint256 has, uint256 needs);
    error LockedTooLow(address manager, address token, uint256 has, uint256 needs);
    error ReceivedDiffers(address token, uint256 expected, uint256 received);
    error SentDiffers(address token, uint256 expected, uint256 sent);

    /// @notice Governor only: put `token` on the list, for good.
    function allowToken(address token) external;
    /// @notice Take `amount` from the caller's ERC-20 balance and credit it to `account`.
    function deposit(address token, address account, uint256 amount) external;
    /// @notice Pay `amount` of the caller's balance out to `to`.
    function withdraw(address token, uint256 amount, address to) external;
    /// @notice Manager only: lock `amount` of `from`. What its balance lacks is pulled by its ERC-20 allowance.
    function lock(address token, address from, uint256 amount) external;
    /// @notice Manager only: turn `amount` of the manager's locked sum into the balance of `to`. Calls no token.
    function release(address token, address to, uint256 amount) external;

    function balanceOf(address token, address account) external view returns (uint256);
    function lockedOf(address manager, address token) external view returns (uint256);
    function isAllowed(address token) external view returns (bool);
    function isManager(address account) external view returns (bool);
    function governor() external view returns (address);
}
