// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {Calldata} from "./libraries/Calldata.sol";
import {Pricing} from "./libraries/Pricing.sol";
import {TermsCode} from "./libraries/TermsCode.sol";
import {Settling} from "./Settling.sol";
import {Amendment, Lease, LeaseState, Terms} from "./types/Lease.sol";

/// @title New terms for a running lease: another workload by the tenant alone, other resources and prices by both.
abstract contract Amending is Settling {
    uint256 private constant MAX_DURATION = 366 days;
    /// @dev Long enough for the provider to read the change and have a receipt mined before the next.
    uint256 private constant SPEC_SECONDS = 1 minutes;

    /// @inheritdoc ILeaseManager
    /// @dev Not while Reserved: a tenant could make every activation fail and get the no-show penalty.
    function amendSpec(bytes32 leaseId, Terms calldata terms, bytes32 specHash) external nonReentrant {
        terms = Calldata.hide(terms);
        Lease storage l = _known(leaseId, terms);
        if (l.state != LeaseState.Active) _raise(_stateProblem(leaseId, l.state));
        if (msg.sender != terms.tenant) revert NotTenant(msg.sender, terms.tenant);
        uint256 possibleFrom = l.specChangedAt + SPEC_SECONDS;
        if (block.timestamp < possibleFrom) revert SpecChangedLately(leaseId, possibleFrom);
        // forge-lint: disable-next-line(unsafe-typecast) fits until 2106; after that the limit is gone, nothing else
        l.specChangedAt = uint32(block.timestamp);
        l.termsHash = TermsCode.hashWithSpec(terms, specHash);
        TermsCode.emitAmended(leaseId, terms, specHash, l.amendments);
    }

    /// @inheritdoc ILeaseManager
    function amend(
        Terms calldata oldTerms,
        Terms calldata newTerms,
        Amendment calldata amendment,
        bytes calldata tenantSignature,
        bytes calldata providerSignature
    ) external nonReentrant {
        (oldTerms, newTerms) = (Calldata.hide(oldTerms), Calldata.hide(newTerms));
        amendment = Calldata.hide(amendment);
        bytes32 leaseId = amendment.leaseId;
        _raise(_receiptProblem(oldTerms, leaseId, amendment.seq, amendment.through));
        _checkAmendment(oldTerms, newTerms, amendment);
        Till memory till;
        _turn(till, oldTerms);
        bytes32 digest = amendmentHash(amendment);
        if (!_speaksFor(till)) _checkSignature(till.operator, digest, providerSignature);
        if (msg.sender != oldTerms.tenant) _checkSignature(oldTerms.tenant, digest, tenantSignature);
        // Prices and resources bound what can go out of the escrow, and those two might share it.
        if (oldTerms.payer != oldTerms.tenant && msg.sender != oldTerms.payer) {
            revert NotPayer(msg.sender, oldTerms.payer);
        }

        _claim(
            till,
            oldTerms,
            amendment.usage,
            Reading(leaseId, amendment.seq, amendment.through, amendment.downSeconds, 0, true)
        );
        _replace(oldTerms, newTerms, amendment);
        _moveSlice(leaseId, oldTerms, newTerms);
        _flush(till);
    }

    function _checkAmendment(Terms calldata oldTerms, Terms calldata newTerms, Amendment calldata a) private view {
        Lease storage l = _leases[a.leaseId];
        if (l.state != LeaseState.Active) _raise(_stateProblem(a.leaseId, l.state));
        if (a.oldTerms != l.termsHash || a.newTerms != TermsCode.hash(newTerms)) revert TermsDiffer(a.leaseId);
        if (a.nonce != l.amendments) revert NonceWrong(a.leaseId, a.nonce, l.amendments);
        if (block.timestamp > a.expiresAt) revert AmendmentExpired(a.leaseId, a.expiresAt);
        TermsCode.checkFixed(oldTerms, newTerms);
        // The term must not be over by then: what has been used stays inside it.
        uint256 least = block.timestamp - l.activatedAt + 1;
        _checkRange("durationSeconds", newTerms.durationSeconds, least, MAX_DURATION);
        // Read as what they are, like the fields below: no dirty word may get into the hash that later calls must match.
        _checkRange("penalty", newTerms.penalty, 0, newTerms.slice);
    }

    /// @dev Due and cap of the new terms are shifted so that both go on from where those of the old terms are now.
    function _replace(Terms calldata oldTerms, Terms calldata newTerms, Amendment calldata a) private {
        Lease storage l = _leases[a.leaseId];
        (uint256 earned, uint256 cap) = _worth(l, oldTerms, a.usage, a.downSeconds, a.through);
        uint40 activatedAt = l.activatedAt;
        l.endsAt = activatedAt + newTerms.durationSeconds;
        l.dueOffset = _offset(earned, Pricing.due(newTerms, a.usage, a.downSeconds));
        l.capOffset = _offset(cap, Pricing.cap(newTerms, a.through - activatedAt));
        l.adjusted = true;
        l.termsHash = a.newTerms;
        uint32 amendments = ++l.amendments;
        TermsCode.emitAmended(a.leaseId, newTerms, newTerms.specHash, amendments);

        uint256 needed = Pricing.closingReserve(newTerms) + Math.saturatingSub(newTerms.minCharge, l.claimed);
        if (l.escrow < needed) revert EscrowTooLow(a.leaseId, l.escrow, needed);
    }

    function _moveSlice(bytes32 leaseId, Terms calldata oldTerms, Terms calldata newTerms) private {
        (uint256 before, uint256 after_) = (oldTerms.slice, newTerms.slice);
        if (after_ > before) return _lockSlice(oldTerms, after_ - before);
        _checkRange("slice", after_, _leases[leaseId].slashed, type(uint96).max);
        _freeSlice(oldTerms, before - after_);
    }

    /// @dev Nobody can have used what is worth so much; such an amendment is refused instead of cut.
    function _offset(uint256 from, uint256 to) private pure returns (int128) {
        uint256 most = uint128(type(int128).max);
        _checkRange("usage", Math.max(from, to), 0, most);
        // forge-lint: disable-next-line(unsafe-typecast) both fit in an int128, neither is negative
        return int128(int256(from) - int256(to));
    }
}
