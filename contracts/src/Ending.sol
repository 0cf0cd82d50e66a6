// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {Payments} from "./Payments.sol";
import {Pricing} from "./libraries/Pricing.sol";
import {CloseReason, Lease, LeaseState, Terms} from "./types/Lease.sol";

/// @title How leases end: given back, given up, given notice, run out; and what is then owed to whom.
abstract contract Ending is Payments {
    /// @inheritdoc ILeaseManager
    function refuse(bytes32 leaseId, Terms calldata terms) external nonReentrant {
        Lease storage l = _known(leaseId, terms);
        if (l.state != LeaseState.Reserved) _raise(_stateProblem(leaseId, l.state));
        // Who did not come in time cannot give back either: that would be the way around the penalty.
        if (block.timestamp > terms.activateBy) revert ActivationTooLate(leaseId, terms.activateBy);
        Till memory till;
        _turn(till, terms);
        _raise(_operatorProblem(till));
        _abandon(till, l, leaseId, terms, CloseReason.Refused);
        _flush(till);
    }

    /// @inheritdoc ILeaseManager
    function close(bytes32 leaseId, Terms calldata terms, CloseReason expected) external nonReentrant {
        Lease storage l = _known(leaseId, terms);
        LeaseState state = l.state;
        Till memory till;
        if (state == LeaseState.Reserved) {
            CloseReason reason = _reservedReason(leaseId, terms);
            _checkReason(leaseId, reason, expected);
            _abandon(till, l, leaseId, terms, reason);
        } else if (state == LeaseState.Active) {
            CloseReason reason = _activeReason(till, l, leaseId, terms);
            _checkReason(leaseId, reason, expected);
            _beginNotice(till, l, leaseId, terms, reason);
        } else if (state == LeaseState.Closing) {
            _checkReason(leaseId, l.reason, expected);
            uint256 last = uint256(l.endsAt) + terms.submitSeconds;
            if (block.timestamp <= last) revert NotYetClosable(leaseId, last + 1);
            _finish(till, leaseId, terms, true);
        } else {
            _raise(_stateProblem(leaseId, state));
        }
        _flush(till);
    }

    /// @dev Closing to Closed: minimum charge, bounty, refund; and the slice, once nothing is pending.
    function _finish(Till memory till, bytes32 leaseId, Terms calldata terms, bool poked) internal {
        Lease storage l = _leases[leaseId];
        (uint256 escrow, uint256 claimed, CloseReason reason) = (l.escrow, l.claimed, l.reason);
        uint256 fee =
            reason == CloseReason.Provider ? 0 : Math.min(Math.saturatingSub(terms.minCharge, claimed), escrow);
        uint256 paid = _paid(l);
        Ring memory ring = _ring(l, terms.maturitySeconds);
        (l.escrow, l.claimed, l.state) = (0, uint96(claimed + fee), LeaseState.Closed);
        if (ring.matured != 0) _keep(l, ring);
        _pay(till, leaseId, terms, paid, ring.matured + fee);

        uint256 refund = escrow - fee;
        if (poked) refund -= _reward(till, terms, refund);
        _credit(till, terms.token, terms.payer, refund);
        emit LeaseClosed(leaseId, terms.provider, reason, uint96(claimed + fee), uint96(refund), uint96(fee));
        _freeSliceIfDone(leaseId, terms);
    }

    /// @dev Reserved to Closed. A tenant that gives up pays the reservation fee; a provider that did not come, the penalty.
    function _abandon(Till memory till, Lease storage l, bytes32 leaseId, Terms calldata terms, CloseReason reason) private {
        uint256 escrow = l.escrow;
        uint256 fee = reason == CloseReason.Tenant ? Math.min(terms.reservationFee, escrow) : 0;
        (l.escrow, l.claimed, l.state, l.reason) = (0, uint96(fee), LeaseState.Closed, reason);
        _pay(till, leaseId, terms, 0, fee);
        _credit(till, terms.token, terms.payer, escrow - fee);
        emit LeaseClosed(leaseId, terms.provider, reason, uint96(fee), uint96(escrow - fee), uint96(fee));

        // Reserved leases cannot be slashed or amended: the slice is whole.
        uint256 left = terms.slice;
        if (reason == CloseReason.NotActivated) left -= _penalise(till, leaseId, terms, left);
        if (left != 0) registry.freeSlice(terms.provider, terms.token, left);
    }

    /// @dev Active to Closing. The term was agreed beforehand: notice never goes beyond it.
    function _beginNotice(Till memory till, Lease storage l, bytes32 leaseId, Terms calldata terms, CloseReason reason) private {
        uint40 endsAt = uint40(Math.min(l.endsAt, block.timestamp + terms.noticeSeconds));
        (l.state, l.reason, l.endsAt) = (LeaseState.Closing, reason, endsAt);
        emit LeaseClosing(leaseId, terms.provider, reason, endsAt);
        if (reason != CloseReason.Term && reason != CloseReason.Escrow) return;
        uint96 escrow = l.escrow;
        l.escrow = escrow - uint96(_reward(till, terms, escrow));
    }

    /// @dev The bounty, as far as `most` goes, to a caller that is no party. @return bounty smallest units
    function _reward(Till memory till, Terms calldata terms, uint256 most) private returns (uint256 bounty) {
        bounty = Math.min(terms.bounty, most);
        if (bounty == 0) return 0;
        if (msg.sender == terms.tenant || msg.sender == terms.payer) return 0;
        _turn(till, terms);
        if (_speaksFor(till)) return 0;
        _credit(till, terms.token, msg.sender, bounty);
    }

    function _reservedReason(bytes32 leaseId, Terms calldata terms) private view returns (CloseReason) {
        if (block.timestamp > terms.activateBy) return CloseReason.NotActivated;
        if (msg.sender == terms.tenant) return CloseReason.Tenant;
        revert NotParty(leaseId, msg.sender);
    }

    /// @dev Facts come before callers: a provider that reports an empty escrow did not leave.
    function _activeReason(Till memory till, Lease storage l, bytes32 leaseId, Terms calldata terms)
        private
        returns (CloseReason)
    {
        if (block.timestamp >= l.endsAt) return CloseReason.Term;
        if (l.escrow <= Pricing.closingReserve(terms)) return CloseReason.Escrow;
        if (msg.sender == terms.tenant) return CloseReason.Tenant;
        _turn(till, terms);
        if (_speaksFor(till)) return CloseReason.Provider;
        revert NotParty(leaseId, msg.sender);
    }

    function _checkReason(bytes32 leaseId, CloseReason actual, CloseReason expected) private pure {
        if (expected != CloseReason.None && expected != actual) revert ReasonDiffers(leaseId, actual, expected);
    }
}
