// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {Calldata} from "./libraries/Calldata.sol";
import {IVault} from "./interfaces/IVault.sol";
import {Pricing} from "./libraries/Pricing.sol";
import {ReceiptHash} from "./libraries/ReceiptHash.sol";
import {Signatures} from "./libraries/Signatures.sol";
import {TermsCode} from "./libraries/TermsCode.sol";
import {Amendment, Lease, LeaseState, Prices, Resources, Terms, Usage, UsageReceipt} from "./types/Lease.sol";

/// @title What is on record about leases, who may act on them, and the reads.
/// @dev A batch reports problems as encoded errors instead of reverting, so that single calls and batches run through the same
/// checks: a function that ends in Problem returns an encoded error, or nothing.
abstract contract LeaseBook is ILeaseManager, EIP712, ReentrancyGuardTransient {
    uint256 internal constant MAX_BATCH = 100;

    /// @inheritdoc ILeaseManager
    IVault public immutable override vault;
    /// @inheritdoc ILeaseManager
    IDatacenterRegistry public immutable override registry;
    /// @inheritdoc ILeaseManager
    address public immutable override market;
    /// @inheritdoc ILeaseManager
    address public immutable override treasury;

    mapping(bytes32 leaseId => Lease) internal _leases;
    /// @inheritdoc ILeaseManager
    mapping(address account => bool) public override isJudge;
    /// @inheritdoc ILeaseManager
    mapping(address tenant => mapping(address key => bool)) public override isSessionKey;
    /// @inheritdoc ILeaseManager
    mapping(address provider => mapping(address operator => mapping(bytes32 root => bool))) public override isRoot;

    constructor(
        IVault vault_,
        IDatacenterRegistry registry_,
        address market_,
        address[] memory judges,
        address treasury_
    ) EIP712("Federation", "1") {
        if (!vault_.isManager(address(this))) revert NotManagerOf(address(vault_));
        if (treasury_ == address(0)) revert TreasuryZero();
        (vault, registry, market, treasury) = (vault_, registry_, market_, treasury_);
        for (uint256 i = 0; i < judges.length; ++i) {
            isJudge[judges[i]] = true;
        }
    }

    modifier onlyJudge() {
        if (!isJudge[msg.sender]) revert NotJudge(msg.sender);
        _;
    }

    /// @inheritdoc ILeaseManager
    /// @dev Reads only slots that say something: the other contracts ask with each step of theirs.
    function lease(bytes32 leaseId) public view returns (Lease memory found) {
        Lease storage l = _leases[leaseId];
        (found.escrow, found.claimed, found.through) = (l.escrow, l.claimed, l.through);
        (found.state, found.reason) = (l.state, l.reason);
        if (found.state == LeaseState.None) return found;
        found.termsHash = l.termsHash;
        (found.pendingOld, found.pendingNew) = (l.pendingOld, l.pendingNew);
        (found.bucket, found.seq) = (l.bucket, l.seq);
        (found.activatedAt, found.endsAt, found.frozen) = (l.activatedAt, l.endsAt, l.frozen);
        (found.amendments, found.specChangedAt) = (l.amendments, l.specChangedAt);
        (found.sliceFreed, found.adjusted) = (l.sliceFreed, l.adjusted);
        if (found.adjusted) {
            (found.dueOffset, found.capOffset) = (l.dueOffset, l.capOffset);
            (found.disallowed, found.slashed) = (l.disallowed, l.slashed);
        }
        // Not written then: such a lease never had anything pending, so its slice went free when it closed.
        if (found.state == LeaseState.Closed && found.activatedAt == 0) found.sliceFreed = true;
    }

    /// @inheritdoc ILeaseManager
    function leases(bytes32[] calldata leaseIds) external view returns (Lease[] memory found) {
        found = new Lease[](leaseIds.length);
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            found[i] = lease(leaseIds[i]);
        }
    }

    /// @inheritdoc ILeaseManager
    function receiptHash(UsageReceipt calldata receipt) public view returns (bytes32) {
        return _hashTypedDataV4(ReceiptHash.hash(Calldata.hide(receipt)));
    }

    /// @inheritdoc ILeaseManager
    function leaf(UsageReceipt calldata receipt) public view returns (bytes32) {
        return keccak256(bytes.concat(receiptHash(receipt)));
    }

    /// @inheritdoc ILeaseManager
    function amendmentHash(Amendment calldata amendment) public view returns (bytes32) {
        return _hashTypedDataV4(ReceiptHash.hash(Calldata.hide(amendment)));
    }

    /// @inheritdoc ILeaseManager
    function rootHash(address provider, bytes32 root) public view returns (bytes32) {
        return _hashTypedDataV4(ReceiptHash.root(provider, root));
    }

    /// @inheritdoc ILeaseManager
    function hashTerms(Terms calldata terms) external pure returns (bytes32) {
        return TermsCode.hash(Calldata.hide(terms));
    }

    /// @inheritdoc ILeaseManager
    function price(Prices calldata prices, Usage calldata usage) external pure returns (uint256) {
        return Pricing.price(Calldata.hide(prices), Calldata.hide(usage));
    }

    /// @inheritdoc ILeaseManager
    function due(Terms calldata terms, Usage calldata usage, uint32 downSeconds) external pure returns (uint256) {
        return Pricing.due(Calldata.hide(terms), Calldata.hide(usage), downSeconds);
    }

    /// @inheritdoc ILeaseManager
    function rateCap(Prices calldata prices, Resources calldata resources, uint256 seconds_)
        external
        pure
        returns (uint256)
    {
        return Pricing.rateCap(Calldata.hide(prices), resources, seconds_);
    }

    /// @inheritdoc ILeaseManager
    function closingReserve(Terms calldata terms) external pure returns (uint256) {
        return Pricing.closingReserve(Calldata.hide(terms));
    }

    function _termsProblem(bytes32 leaseId, Terms calldata terms) internal view returns (bytes memory) {
        bytes32 agreed = _leases[leaseId].termsHash;
        if (agreed == TermsCode.hash(terms)) return "";
        return abi.encodeWithSelector(agreed == 0 ? LeaseUnknown.selector : TermsDiffer.selector, leaseId);
    }

    /// @dev The lease that these terms belong to; reverts when there is none.
    function _known(bytes32 leaseId, Terms calldata terms) internal view returns (Lease storage) {
        _raise(_termsProblem(leaseId, terms));
        return _leases[leaseId];
    }

    function _stateProblem(bytes32 leaseId, LeaseState state) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(StateWrong.selector, leaseId, state);
    }

    /// @dev By a key, a contract by ERC-1271. For a provider's operator key, and for what a session key may not sign.
    function _checkSignature(address account, bytes32 digest, bytes calldata signature) internal view {
        if (!_signed(account, false, digest, signature)) revert SignatureInvalid(digest, account);
    }

    /// @dev Whether an account, or one of its session keys, signed. Keys first: an account with delegated code keeps its key.
    function _signed(address account, bool sessionKeys, bytes32 digest, bytes calldata signature)
        internal
        view
        returns (bool)
    {
        address signer = Signatures.recover(digest, signature);
        if (signer != address(0)) {
            if (signer == account) return true;
            if (sessionKeys && isSessionKey[account][signer]) return true;
        }
        return Signatures.agreedBy(account, digest, signature);
    }

    function _skip(bytes32 leaseId, bytes memory problem) internal {
        // Wanted: the selector is the first four bytes of an encoded error.
        // forge-lint: disable-next-line(unsafe-typecast)
        emit SettlementSkipped(leaseId, bytes4(problem));
    }

    function _checkBatch(uint256 size) internal pure {
        if (size > MAX_BATCH) revert BatchTooLarge(size, MAX_BATCH);
    }

    function _checkPairs(uint256 leaseIds, uint256 terms) internal pure {
        _checkBatch(leaseIds);
        if (leaseIds != terms) revert LengthsDiffer(leaseIds, terms);
    }

    function _checkRange(string memory field, uint256 value, uint256 min, uint256 max) internal pure {
        if (value < min || value > max) revert TermOutOfRange(field, value, min, max);
    }

    /// @dev Reverts with an encoded error; does nothing with an empty one.
    function _raise(bytes memory problem) internal pure {
        if (problem.length == 0) return;
        // solhint-disable-next-line no-inline-assembly, reverts with bytes as they are: the language cannot
        assembly ("memory-safe") {
            revert(add(problem, 0x20), mload(problem))
        }
    }
}
