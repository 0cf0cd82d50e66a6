// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title What the Vault calls of Uniswap's Permit2: one signed transfer, bound to a witness.
/// @dev Signed is PermitWitnessTransferFrom(TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline,<witness type string>
/// in Permit2's own EIP-712 domain (name "Permit2", no version). The spender is who calls.
interface IPermit2 {
    struct TokenPermissions {
        address token;
        uint256 amount;
    }

    struct PermitTransferFrom {
        TokenPermissions permitted;
        uint256 nonce; // unordered: each can be used once
        uint256 deadline; // unix seconds
    }

    struct SignatureTransferDetails {
        address to;
        uint256 requestedAmount; // at most what is permitted
    }

    /// @param witness struct hash of the witness
    function permitWitnessTransferFrom(
        PermitTransferFrom calldata permit,
        SignatureTransferDetails calldata details,
        address owner,
        bytes32 witness,
        string calldata witnessTypeString,
        bytes calldata signature
    ) external;
}
