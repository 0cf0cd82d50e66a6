// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {TypedHash} from "./libraries/TypedHash.sol";
import {Offer, Request, UsageReceipt} from "./types/Lease.sol";

/// @title Signed orders: how often each was filled, and what its maker took back.
abstract contract Market is ILeaseManager, EIP712 {
    struct Order {
        uint32 filled;
        bool cancelled;
    }

    /// @dev The registry's word on a provider, read once per use.
    struct Standing {
        address provider;
        address operator;
        address payout;
    }

    /// @dev Two orders that are alive, fit, and were counted against each other.
    struct Fill {
        bytes32 offerHash;
        bytes32 requestHash;
        uint32 index;
    }

    /// @inheritdoc ILeaseManager
    IDatacenterRegistry public immutable override registry;

    mapping(bytes32 orderHash => Order) private _orders;
    /// @inheritdoc ILeaseManager
    mapping(address maker => uint64) public override counterOf;

    constructor(IDatacenterRegistry registry_) EIP712("Federation", "1") {
        registry = registry_;
    }

    /// @inheritdoc ILeaseManager
    function cancelOffer(Offer calldata offer) external {
        Standing memory who = _standing(offer.provider);
        if (!_speaksFor(who, msg.sender)) revert NotMaker(msg.sender, offer.provider);
        _cancel(offerHash(offer));
    }

    /// @inheritdoc ILeaseManager
    function cancelRequest(Request calldata request) external {
        if (msg.sender != request.tenant) revert NotMaker(msg.sender, request.tenant);
        _cancel(requestHash(request));
    }

    /// @inheritdoc ILeaseManager
    function raiseCounter() external returns (uint64 counter) {
        counter = ++counterOf[msg.sender];
        emit CounterRaised(msg.sender, counter);
    }

    /// @inheritdoc ILeaseManager
    function cancelled(bytes32 orderHash) external view returns (bool) {
        return _orders[orderHash].cancelled;
    }

    /// @inheritdoc ILeaseManager
    function offerHash(Offer calldata offer) public view returns (bytes32) {
        return _hashTypedDataV4(TypedHash.hash(offer));
    }

    /// @inheritdoc ILeaseManager
    function requestHash(Request calldata request) public view returns (bytes32) {
        return _hashTypedDataV4(TypedHash.hash(request));
    }

    /// @inheritdoc ILeaseManager
    function receiptHash(UsageReceipt calldata receipt) public view returns (bytes32) {
        return _hashTypedDataV4(TypedHash.hash(receipt));
    }

    /// @dev One more fill of both orders, if both are alive and truly their makers'.
    function _fill(
        Offer calldata offer,
        bytes calldata offerSignature,
        Request calldata request,
        bytes calldata requestSignature,
        Standing memory who
    ) internal returns (Fill memory fill) {
        bytes32 offered = offerHash(offer);
        bytes32 requested = requestHash(request);
        if (offer.requestHash != 0 && offer.requestHash != requested) {
            revert OfferForOtherRequest(offer.requestHash, requested);
        }
        _checkAlive(offered, offer.expiresAt, offer.provider, offer.counter);
        _checkAlive(requested, request.expiresAt, request.tenant, request.counter);
        if (!_speaksFor(who, msg.sender)) _checkSignature(who.operator, offered, offerSignature);
        if (msg.sender != request.tenant) _checkSignature(request.tenant, requested, requestSignature);
        // A new slot costs as much as a transfer, so nothing is counted that is known anyway. Fills of a quote that is enough
        // for its one Request are counted there; the one fill of a Request is the lease with index 0, which can exist once.
        bool covered = offer.requestHash != 0 && offer.volume >= request.fills;
        if (covered) _checkNotCancelled(offered);
        else _count(offered, offer.volume);
        if (request.fills != 1) return Fill(offered, requested, _count(requested, request.fills));
        _checkNotCancelled(requested);
        return Fill(offered, requested, 0);
    }

    /// @dev Reverts unless the registry has `provider`, it takes new leases, and it has all of `required`.
    function _checkOpen(address provider, uint256 required) internal view returns (Standing memory who) {
        (address operator, address payout, bool active, uint256 capabilities) = registry.standing(provider);
        if (!active) revert ProviderNotActive(provider);
        uint256 missing = required & ~capabilities;
        if (missing != 0) revert CapabilityMissing(missing);
        return Standing(provider, operator, payout);
    }

    function _standing(address provider) internal view returns (Standing memory) {
        (address operator, address payout,,) = registry.standing(provider);
        return Standing(provider, operator, payout);
    }

    /// @dev The provider itself may do all that its operator key may.
    function _speaksFor(Standing memory who, address caller) internal pure returns (bool) {
        return caller == who.operator || caller == who.provider;
    }

    function _checkSignature(address signer, bytes32 digest, bytes calldata signature) internal view {
        if (!SignatureChecker.isValidSignatureNowCalldata(signer, digest, signature)) {
            revert SignatureInvalid(digest, signer);
        }
    }

    function _checkAlive(bytes32 orderHash, uint40 expiresAt, address maker, uint64 counter) private view {
        if (block.timestamp > expiresAt) revert OrderExpired(orderHash, expiresAt);
        uint64 current = counterOf[maker];
        if (counter != current) revert CounterStale(maker, current, counter);
    }

    function _count(bytes32 orderHash, uint32 volume) private returns (uint32 index) {
        _checkNotCancelled(orderHash);
        Order storage order = _orders[orderHash];
        index = order.filled;
        if (index >= volume) revert OrderFilled(orderHash, volume);
        order.filled = index + 1;
    }

    function _checkNotCancelled(bytes32 orderHash) private view {
        if (_orders[orderHash].cancelled) revert OrderWasCancelled(orderHash);
    }

    /// @dev The stored count: see _fill for what is not stored.
    function _counted(bytes32 orderHash) internal view returns (uint32) {
        return _orders[orderHash].filled;
    }

    function _cancel(bytes32 orderHash) private {
        _orders[orderHash].cancelled = true;
        emit OrderCancelled(orderHash, msg.sender);
    }
}
