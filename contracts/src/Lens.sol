// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IDatacenterRegistry} from "./interfaces/IDatacenterRegistry.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {ILens} from "./interfaces/ILens.sol";
import {Pricing} from "./libraries/Pricing.sol";
import {CloseReason, Lease, LeaseState, Terms} from "./types/Lease.sol";

/// @title Lens: reads put together. Has no storage and no rights.
contract Lens is ILens {
    ILeaseManager private immutable _manager;
    IDatacenterRegistry private immutable _registry;

    constructor(ILeaseManager leaseManager, IDatacenterRegistry registry) {
        _manager = leaseManager;
        _registry = registry;
    }

    /// @inheritdoc ILens
    function members(uint256 from, uint256 count, address token, address auditor)
        external
        view
        returns (Member[] memory found)
    {
        uint256 left = Math.saturatingSub(_registry.providerCount(), from);
        found = new Member[](Math.min(count, left));
        for (uint256 i = 0; i < found.length; ++i) {
            address provider = _registry.providerAt(from + i);
            found[i] = Member(
                provider,
                _registry.datacenter(provider),
                _registry.stakePool(provider, token),
                _registry.freeStake(provider, token),
                _registry.attested(auditor, provider)
            );
        }
    }

    /// @inheritdoc ILens
    function leaseViews(bytes32[] calldata leaseIds, Terms[] calldata terms)
        external
        view
        returns (LeaseView[] memory views)
    {
        if (leaseIds.length != terms.length) revert LengthsDiffer(leaseIds.length, terms.length);
        views = new LeaseView[](leaseIds.length);
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            views[i] = _view(leaseIds[i], terms[i]);
        }
    }

    /// @inheritdoc ILens
    function paidUntil(bytes32 leaseId, Terms calldata terms) external view returns (uint256) {
        Lease memory l = _lease(leaseId, terms);
        return _paidUntil(l, terms, Pricing.closingReserve(terms));
    }

    function _view(bytes32 leaseId, Terms calldata terms) private view returns (LeaseView memory v) {
        Lease memory l = _lease(leaseId, terms);
        v.leaseId = leaseId;
        v.lease = l;
        v.pending = l.pendingOld + l.pendingNew;
        v.paid = l.claimed - v.pending - l.frozen - l.disallowed;
        v.matured = _manager.matured(leaseId, terms);
        v.closingReserve = Pricing.closingReserve(terms);
        v.headroom = _headroom(l, terms);
        v.paidUntil = _paidUntil(l, terms, v.closingReserve);
        (v.closableAs, v.expired) = _closable(l, terms, v.closingReserve);
    }

    function _lease(bytes32 leaseId, Terms calldata terms) private view returns (Lease memory l) {
        l = _manager.lease(leaseId);
        if (l.termsHash != _manager.hashTerms(terms)) revert TermsDiffer(leaseId);
    }

    function _headroom(Lease memory l, Terms calldata terms) private view returns (uint256) {
        if (l.state != LeaseState.Active && l.state != LeaseState.Closing) return 0;
        uint40 activeSeconds = uint40(Math.min(block.timestamp, l.endsAt)) - l.activatedAt;
        int256 cap = int256(Pricing.cap(terms, activeSeconds)) + l.capOffset;
        if (cap <= 0) return 0;
        // forge-lint: disable-next-line(unsafe-typecast) positive
        return Math.min(Math.saturatingSub(uint256(cap), l.claimed), l.escrow);
    }

    /// @dev A lease that is Closing uses up its reserve: that is what it is for.
    function _paidUntil(Lease memory l, Terms calldata terms, uint256 reserve) private pure returns (uint256) {
        if (l.state != LeaseState.Active && l.state != LeaseState.Closing) return l.through;
        uint256 kept = l.state == LeaseState.Active ? reserve : 0;
        // The first receipt takes the start fee with it.
        if (l.seq == 0) kept += terms.startFee;
        uint256 rate = Pricing.rate(terms.prices, terms.resources);
        if (rate == 0) return Math.max(l.endsAt, l.through);
        uint256 lasts = Math.saturatingSub(l.escrow, kept) * Pricing.PRICE_SCALE / rate;
        return Math.max(Math.min(l.through + lasts, l.endsAt), l.through);
    }

    /// @dev As LeaseManager.close decides it for somebody who is no party.
    function _closable(Lease memory l, Terms calldata terms, uint256 reserve)
        private
        view
        returns (CloseReason reason, bool expired)
    {
        if (l.state == LeaseState.Reserved && block.timestamp > terms.activateBy) {
            return (CloseReason.NotActivated, true);
        }
        if (l.state == LeaseState.Active && block.timestamp >= l.endsAt) return (CloseReason.Term, false);
        if (l.state == LeaseState.Active && l.escrow <= reserve) return (CloseReason.Escrow, false);
        bool over = block.timestamp > uint256(l.endsAt) + terms.submitSeconds;
        if (l.state == LeaseState.Closing && over) return (l.reason, true);
    }
}
