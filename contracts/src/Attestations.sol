// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";

/// @title What auditors say about providers. An auditor is any account; a Request names the one that it believes.
abstract contract Attestations is IDatacenterRegistry, EIP712 {
    bytes32 private constant ATTESTATION_TYPEHASH =
        keccak256("Attestation(address provider,uint256 bits,uint40 issuedAt,uint40 expiresAt,bytes32 evidenceHash)");

    /// @dev Without the provider, which is the key.
    struct Word {
        uint256 bits;
        uint40 issuedAt;
        uint40 expiresAt;
        bytes32 evidenceHash;
    }

    mapping(address auditor => mapping(address provider => Word)) private _words;

    constructor() EIP712("Federation", "1") {}

    /// @inheritdoc IDatacenterRegistry
    /// @dev issuedAt must grow: it is what keeps a signature from being used twice, whatever form the signature has.
    function attest(address auditor, Attestation calldata a, bytes calldata signature) external {
        if (a.expiresAt <= block.timestamp) revert AttestationExpired(a.expiresAt);
        if (a.issuedAt > block.timestamp) revert AttestationFromFuture(a.issuedAt);
        Word storage word = _words[auditor][a.provider];
        if (a.issuedAt <= word.issuedAt) revert AttestationStale(auditor, a.provider, a.issuedAt, word.issuedAt);
        if (msg.sender != auditor) {
            bytes32 digest = attestationHash(a);
            if (!SignatureChecker.isValidSignatureNowCalldata(auditor, digest, signature)) {
                revert SignatureInvalid(digest, auditor);
            }
        }
        (word.bits, word.issuedAt, word.expiresAt) = (a.bits, a.issuedAt, a.expiresAt);
        word.evidenceHash = a.evidenceHash;
        emit Attested(auditor, a.provider, a.bits, a.expiresAt, a.evidenceHash);
    }

    /// @inheritdoc IDatacenterRegistry
    /// @dev Also voids what is signed and not on record yet: nothing that was issued until now counts any more.
    function revokeAttestation(address provider) external {
        _words[msg.sender][provider] = Word(0, uint40(block.timestamp), 0, 0);
        emit AttestationRevoked(msg.sender, provider);
    }

    /// @inheritdoc IDatacenterRegistry
    function attested(address auditor, address provider) external view returns (uint256 bits) {
        Word storage word = _words[auditor][provider];
        return word.expiresAt > block.timestamp ? word.bits : 0;
    }

    /// @inheritdoc IDatacenterRegistry
    function attestation(address auditor, address provider) external view returns (Attestation memory) {
        Word storage word = _words[auditor][provider];
        return Attestation(provider, word.bits, word.issuedAt, word.expiresAt, word.evidenceHash);
    }

    /// @inheritdoc IDatacenterRegistry
    function attestationHash(Attestation calldata a) public view returns (bytes32) {
        // A flat struct: its ABI encoding is its EIP-712 encodeData.
        return _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, a)));
    }
}
