// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Credit} from "../types/Lease.sol";

/// @title The only token holder. Balances belong to accounts, locked sums to a manager contract.
/// @dev All amounts are in the token's smallest units. The balance of an account is, for each token,
/// sum of Deposited - sum of Withdrawn - sum of Locked + sum of Released that name it.
///
/// `funding` says how tokens that a balance lacks come in. Empty: by ERC-20 allowance to the Vault. Else its first byte is
/// 0x01 for EIP-2612, followed by abi.encode(uint256 value, uint256 deadline, uint8 v, bytes32 r, bytes32 s): a permit that
/// somebody has used already is no error, the allowance decides; or
/// 0x02 for Permit2, followed by abi.encode(uint256 permitted, uint256 nonce, uint256 deadline, bytes signature): a
/// SignatureTransfer with witness `Funding(bytes32 purpose)`, so that a signature pays for what it was given for and nothing else.
interface IVault {
    event TokenAllowed(address indexed token);
    /// @notice `amount` came in from the ERC-20 balance of `from`: by deposit, or by a lock that the balance did not cover.
    event Deposited(address indexed token, address indexed account, address indexed from, uint256 amount);
    event Withdrawn(address indexed token, address indexed account, address indexed to, uint256 amount);
    event Locked(address indexed manager, address indexed token, address indexed from, uint256 amount);
    event Released(address indexed manager, address indexed token, address indexed to, uint256 amount);
    event LockMoved(address indexed manager, address indexed token, address indexed to, uint256 amount);

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
    error FundingInvalid(bytes1 kind);

    /// @notice Governor only: put `token` on the list, for good.
    function allowToken(address token) external;
    /// @notice Take `amount` from the caller's ERC-20 balance and credit it to `account`.
    function deposit(address token, address account, uint256 amount) external;
    /// @notice As deposit, paid as `funding` says; its purpose is bytes32(uint256(uint160(account))).
    function depositFunded(address token, address account, uint256 amount, bytes calldata funding) external;
    /// @notice Pay `amount` of the caller's balance out to `to`.
    function withdraw(address token, uint256 amount, address to) external;
    /// @notice Manager only: lock `amount` of `from`. What its balance lacks is pulled as `funding` says, for `purpose`.
    function lock(address token, address from, uint256 amount, bytes32 purpose, bytes calldata funding) external;
    /// @notice Manager only: turn `amount` of the manager's locked sum into the balance of `to`. Calls no token.
    function release(address token, address to, uint256 amount) external;
    /// @notice Manager only: several at once; zero amounts are passed over.
    function releaseMany(address token, Credit[] calldata credits) external;
    /// @notice Manager only: hand `amount` of the manager's locked sum to another manager.
    function moveLock(address token, address manager, uint256 amount) external;

    function balanceOf(address token, address account) external view returns (uint256);
    function lockedOf(address manager, address token) external view returns (uint256);
    function isAllowed(address token) external view returns (bool);
    function isManager(address account) external view returns (bool);
    function governor() external view returns (address);
    /// @notice Uniswap's Permit2; zero where the chain has none.
    function permit2() external view returns (address);
}
