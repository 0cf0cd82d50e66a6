// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {Calldata} from "./libraries/Calldata.sol";
import {Payments} from "./Payments.sol";
import {Pricing} from "./libraries/Pricing.sol";
import {CloseReason, Lease, LeaseState, Terms} from "./types/Lease.sol";

/// @title How leases end: given back, given up, given notice, run out; and what is then owed to whom.
abstract contract Ending is Payments {
    /// @inheritdoc ILeaseManager
    function refuse(bytes32 leaseId, Terms calldata terms) external nonReentrant {
        terms = Calldata.hide(terms);
        Lease storage l = _known(leaseId, terms);
        if (l.state != LeaseState.Reserved) _raise(_stateProblem(leaseId, l.state));
        Till memory till;
        _turn(till, terms);
        _raise(_operatorProblem(till));
        // Who did not come in time cannot give back either: that would be the way around the penalty.
        _abandon(till, leaseId, terms, _isLate(terms) ? CloseReason.NotActivated : CloseReason.Refused);
        _flush(till);
    }

    /// @inheritdoc ILeaseManager
    function close(bytes32 leaseId, Terms calldata terms, CloseReason expected) external nonReentrant {
        terms = Calldata.hide(terms);
        Lease storage l = _known(leaseId, terms);
        LeaseState state = l.state;
        Till memory till;
        if (state == LeaseState.Reserved) {
            CloseReason reason = _reservedReason(leaseId, terms);
            _checkReason(leaseId, reason, expected);
            _abandon(till, leaseId, terms, reason);
        } else if (state == LeaseState.Active) {
            CloseReason reason = _activeReason(till, l, leaseId, terms);
            _checkReason(leaseId, reason, expected);
            _beginNotice(till, l, leaseId, terms, reason);
        } else if (state == LeaseState.Closing) {
            _checkReason(leaseId, l.reason, expected);
            uint256 last = uint256(l.endsAt) + terms.submitSeconds;
            if (block.timestamp <= last) revert NotYetClosable(leaseId, last + 1);
            till.bounty = terms.bounty;
            _finish(till, leaseId, terms);
        } else {
            _raise(_stateProblem(leaseId, state));
        }
        _flush(till);
    }

    /// @dev Closing to Closed: minimum charge, bounty, refund; and the slice, once nothing is pending.
    function _finish(Till memory till, bytes32 leaseId, Terms calldata terms) internal {
        Lease storage l = _leases[leaseId];
        CloseReason reason = l.reason;
        Ring memory ring = _ring(l, terms.maturitySeconds);
        if (ring.matured != 0) _keep(l, ring);
        uint256 minimum = reason == CloseReason.Provider ? 0 : terms.minCharge;
        // What was ruled the payer's is not part of what the provider has got.
        uint256 got = l.claimed - (l.adjusted ? l.disallowed : 0);
        _end(till, leaseId, terms, ring, reason, Math.saturatingSub(minimum, got));
        _freeSliceIfDone(leaseId, terms);
    }

    /// @dev Reserved to Closed. A tenant that gives up pays the reservation fee; a provider that did not come, the penalty.
    function _abandon(Till memory till, bytes32 leaseId, Terms calldata terms, CloseReason reason) private {
        Ring memory nothing;
        _end(till, leaseId, terms, nothing, reason, reason == CloseReason.Tenant ? terms.reservationFee : 0);
        // Reserved leases cannot be slashed or amended: the slice is whole.
        uint256 left = terms.slice;
        if (reason == CloseReason.NotActivated) left -= _penalise(till, leaseId, terms, left);
        _freeSlice(terms, left);
    }

    /// @dev `owed` is claimed as far as the escrow goes and paid at once, the rest of the escrow refunded.
    function _end(
        Till memory till,
        bytes32 leaseId,
        Terms calldata terms,
        Ring memory ring,
        CloseReason reason,
        uint256 owed
    ) private {
        Lease storage l = _leases[leaseId];
        uint256 escrow = l.escrow;
        // The second bound is for rulings only: they send escrow around while what is claimed cumulates.
        uint256 fee = Math.min(Math.min(owed, escrow), type(uint96).max - l.claimed);
        uint256 claimed = l.claimed + fee;
        // forge-lint: disable-next-line(unsafe-typecast) escrow + claimed fit, always
        (l.escrow, l.claimed, l.state, l.reason) = (0, uint96(claimed), LeaseState.Closed, reason);
        _pay(till, leaseId, terms, ring.paid, ring.matured + fee);
        uint256 refund = escrow - fee;
        refund -= _reward(till, terms, refund);
        _credit(till, terms.token, terms.payer, refund);
        // forge-lint: disable-next-line(unsafe-typecast) escrow + claimed fit, always
        emit LeaseClosed(leaseId, terms.provider, reason, uint96(claimed), uint96(refund), uint96(fee));
    }

    /// @dev Active to Closing. The term was agreed beforehand: notice never goes beyond it.
    function _beginNotice(Till memory till, Lease storage l, bytes32 leaseId, Terms calldata terms, CloseReason reason)
        private
    {
        uint40 endsAt = uint40(Math.min(l.endsAt, block.timestamp + terms.noticeSeconds));
        (l.state, l.reason, l.endsAt) = (LeaseState.Closing, reason, endsAt);
        emit LeaseClosing(leaseId, terms.provider, reason, endsAt);
        if (reason != CloseReason.Term && reason != CloseReason.Escrow) return;
        till.bounty = terms.bounty;
        uint96 escrow = l.escrow;
        l.escrow = escrow - uint96(_reward(till, terms, escrow));
    }

    /// @dev The bounty, as far as `most` goes, to a caller that is no party. @return bounty smallest units
    function _reward(Till memory till, Terms calldata terms, uint256 most) private returns (uint256 bounty) {
        bounty = Math.min(till.bounty, most);
        if (bounty == 0) return 0;
        if (msg.sender == terms.tenant || msg.sender == terms.payer) return 0;
        _turn(till, terms);
        if (_speaksFor(till)) return 0;
        _credit(till, terms.token, msg.sender, bounty);
    }

    function _reservedReason(bytes32 leaseId, Terms calldata terms) private view returns (CloseReason) {
        if (_isLate(terms)) return CloseReason.NotActivated;
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

    function _isLate(Terms calldata terms) private view returns (bool) {
        return block.timestamp > terms.activateBy;
    }

    function _checkReason(bytes32 leaseId, CloseReason actual, CloseReason expected) private pure {
        if (expected != CloseReason.None && expected != actual) revert ReasonDiffers(leaseId, actual, expected);
    }
}
