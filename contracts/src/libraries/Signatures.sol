// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @title Who signed a digest: a key, or a contract that is asked with bounded gas.
library Signatures {
    /// @dev So that a tenant's contract in a batch of a hundred cannot burn what the others need.
    uint256 internal constant CONTRACT_GAS = 200_000;

    /// @return signer zero when `signature` is none, malleable ones included
    function recover(bytes32 digest, bytes calldata signature) internal pure returns (address signer) {
        ECDSA.RecoverError problem;
        (signer, problem,) = ECDSA.tryRecoverCalldata(digest, signature);
        if (problem != ECDSA.RecoverError.NoError) signer = address(0);
    }

    /// @dev ERC-1271; copies one word of whatever comes back.
    function agreedBy(address account, bytes32 digest, bytes calldata signature) internal view returns (bool agreed) {
        if (account.code.length == 0) return false;
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes4 magic = IERC1271.isValidSignature.selector;
        // solhint-disable-next-line no-inline-assembly, bounded gas, no return data copied: the language has no such call
        assembly ("memory-safe") {
            mstore(0, 0)
            let success := staticcall(CONTRACT_GAS, account, add(question, 0x20), mload(question), 0, 0x20)
            agreed := and(success, and(gt(returndatasize(), 0x1f), eq(mload(0), magic)))
        }
    }
}
