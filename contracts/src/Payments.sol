// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {Calldata} from "./libraries/Calldata.sol";
import {LeaseBook} from "./LeaseBook.sol";
import {LeaseSlots} from "./libraries/LeaseSlots.sol";
import {Pricing} from "./libraries/Pricing.sol";
import {Credit, Lease, LeaseState, Terms} from "./types/Lease.sol";

/// @title From claimed to paid: the maturity ring, the split between provider, app, protocol and stakers, the way out; slices.
abstract contract Payments is LeaseBook {
    uint256 private constant TILL_SIZE = 8;

    /// @dev What a transaction pays out, so that the Vault is called once per batch and not once per lease. Whoever fills it has
    /// to flush it. `operator` to `delegatorBps` are the registry's word on `provider`, read once.
    struct Till {
        address provider;
        address operator;
        address payout;
        uint256 delegatorBps;
        address token;
        uint256 bounty; // the most that a caller who is no party gets
        uint256 shared; // of the provider's earnings, for its stake pool
        uint256 count; // of credits
        Credit[] credits;
    }

    /// @dev The maturity ring as it is now; `matured` has fallen out of it, and comes on top of what has been paid.
    struct Ring {
        uint256 paid;
        uint256 matured;
        uint256 old;
        uint256 fresh;
        uint256 bucket;
        uint256 seq;
    }

    /// @inheritdoc ILeaseManager
    function collect(bytes32 leaseId, Terms calldata terms) external nonReentrant returns (uint96) {
        terms = Calldata.hide(terms);
        Till memory till;
        uint256 amount = _roll(till, leaseId, terms, _known(leaseId, terms));
        bool freed = _freeSliceIfDone(leaseId, terms);
        if (amount == 0 && !freed) revert NothingPending(leaseId);
        _flush(till);
        // forge-lint: disable-next-line(unsafe-typecast) a part of what was claimed
        return uint96(amount);
    }

    /// @inheritdoc ILeaseManager
    function collectMany(bytes32[] calldata leaseIds, Terms[] calldata terms) external nonReentrant {
        _checkPairs(leaseIds.length, terms.length);
        Till memory till;
        for (uint256 i = 0; i < leaseIds.length; ++i) {
            bytes32 leaseId = leaseIds[i];
            bytes memory problem = _termsProblem(leaseId, terms[i]);
            if (problem.length == 0) {
                uint256 amount = _roll(till, leaseId, terms[i], _leases[leaseId]);
                bool freed = _freeSliceIfDone(leaseId, terms[i]);
                if (amount != 0 || freed) continue;
                problem = abi.encodeWithSelector(NothingPending.selector, leaseId);
            }
            _skip(leaseId, problem);
        }
        _flush(till);
    }

    /// @inheritdoc ILeaseManager
    function matured(bytes32 leaseId, Terms calldata terms) external view returns (uint96) {
        terms = Calldata.hide(terms);
        return uint96(_ring(_known(leaseId, terms), terms.maturitySeconds).matured);
    }

    /// @dev Another provider or token begins.
    function _turn(Till memory till, Terms calldata terms) internal {
        (address provider, address token) = (terms.provider, terms.token);
        if (till.provider == provider && till.token == token) return;
        _flush(till);
        till.token = token;
        if (till.provider != provider) _meet(till, provider);
    }

    function _meet(Till memory till, address provider) internal view {
        till.provider = provider;
        (till.operator, till.payout, till.delegatorBps) = registry.payee(provider);
    }

    function _speaksFor(Till memory till) internal view returns (bool) {
        return msg.sender == till.operator || msg.sender == till.provider;
    }

    function _operatorProblem(Till memory till) internal view returns (bytes memory) {
        if (_speaksFor(till)) return "";
        return abi.encodeWithSelector(NotOperator.selector, msg.sender, till.operator);
    }

    function _credit(Till memory till, address token, address to, uint256 amount) internal {
        if (amount == 0) return;
        if (till.token != token) {
            _flush(till);
            till.token = token;
        }
        uint256 count = till.count;
        for (uint256 i = 0; i < count; ++i) {
            Credit memory known = till.credits[i];
            if (known.to != to) continue;
            known.amount += amount;
            return;
        }
        if (count == TILL_SIZE) {
            _flush(till);
            count = 0;
        }
        if (till.credits.length == 0) till.credits = new Credit[](TILL_SIZE);
        till.credits[count] = Credit(to, amount);
        till.count = count + 1;
    }

    function _flush(Till memory till) internal {
        (uint256 count, uint256 shared, address token) = (till.count, till.shared, till.token);
        (till.count, till.shared) = (0, 0);
        if (count != 0) {
            Credit[] memory credits = till.credits;
            _cut(credits, count);
            vault.releaseMany(token, credits);
            _cut(credits, TILL_SIZE);
        }
        if (shared != 0) {
            vault.moveLock(token, address(registry), shared);
            registry.reward(till.provider, token, shared);
        }
    }

    /// @dev Pays `amount` of a lease that has been paid `paid`. Royalty and fee are floors of the cumulative gross, so that no
    /// slicing of it makes them less; the provider gets what is left.
    function _pay(Till memory till, bytes32 leaseId, Terms calldata terms, uint256 paid, uint256 amount) internal {
        if (amount == 0) return;
        _turn(till, terms);
        uint256 total = paid + amount;
        uint256 royalty = _portion(terms.royaltyBps, paid, total, amount);
        // A payment of one unit can be the step of both.
        uint256 fee = _portion(terms.feeBps, paid, total, amount - royalty);
        uint256 net = amount - royalty - fee;
        uint256 shared = net * till.delegatorBps / Pricing.BPS;
        _credit(till, till.token, till.payout, net - shared);
        _credit(till, till.token, terms.royaltyTo, royalty);
        _credit(till, till.token, treasury, fee);
        till.shared += shared;
        // forge-lint: disable-next-line(unsafe-typecast) each at most what was claimed
        emit LeasePaid(leaseId, terms.provider, uint96(amount), uint96(total), uint96(royalty), uint96(fee));
    }

    /// @dev Pays what has matured. @return amount smallest units
    function _roll(Till memory till, bytes32 leaseId, Terms calldata terms, Lease storage l)
        internal
        returns (uint256 amount)
    {
        Ring memory ring = _ring(l, terms.maturitySeconds);
        amount = ring.matured;
        if (amount == 0) return 0;
        _keep(l, ring);
        _pay(till, leaseId, terms, ring.paid, amount);
    }

    /// @dev What was claimed in a bucket is in `fresh` while it lasts, in `old` during the next, and matures after that one.
    /// Compared by equality, so that a number that wraps in the year 2106 pays early and never late.
    function _ring(Lease storage l, uint256 maturitySeconds) internal view returns (Ring memory ring) {
        uint256 bucket;
        (ring.old, ring.fresh, bucket, ring.seq) = LeaseSlots.ring(l);
        uint256 pending = ring.old + ring.fresh;
        ring.paid = l.claimed - pending - l.frozen - (l.adjusted ? l.disallowed : 0);
        // forge-lint: disable-next-line(unsafe-typecast) wraps in 2106 and is compared by equality
        ring.bucket = maturitySeconds == 0 ? 0 : uint32(block.timestamp / maturitySeconds);
        if (ring.bucket == bucket && maturitySeconds != 0) return ring;
        (ring.matured, ring.old, ring.fresh) = ring.bucket == bucket + 1 ? (ring.old, ring.fresh, 0) : (pending, 0, 0);
    }

    function _keep(Lease storage l, Ring memory ring) internal {
        // forge-lint: disable-next-line(unsafe-typecast) parts of what was claimed, which fits
        LeaseSlots.setRing(l, uint96(ring.old), uint96(ring.fresh), uint32(ring.bucket), uint32(ring.seq));
    }

    /// @dev Once a lease is Closed and nothing of it is pending or in dispute, its slice has nothing left to stand for.
    function _freeSliceIfDone(bytes32 leaseId, Terms calldata terms) internal returns (bool) {
        Lease storage l = _leases[leaseId];
        if (l.state != LeaseState.Closed || l.activatedAt == 0 || l.sliceFreed || l.frozen != 0) return false;
        if (l.pendingOld != 0 || l.pendingNew != 0) return false;
        uint256 left = _sliceLeft(l, terms);
        l.sliceFreed = true;
        _freeSlice(terms, left);
        return true;
    }

    function _freeSlice(Terms calldata terms, uint256 amount) internal {
        if (amount != 0) registry.freeSlice(terms.provider, terms.token, amount);
    }

    function _lockSlice(Terms calldata terms, uint256 amount) internal {
        if (amount != 0) registry.lockSlice(terms.provider, terms.token, amount);
    }

    function _sliceLeft(Lease storage l, Terms calldata terms) internal view returns (uint256) {
        if (l.sliceFreed) return 0;
        return l.adjusted ? terms.slice - l.slashed : terms.slice;
    }

    /// @dev The penalty, as far as `left` of the slice goes, to the payer.
    function _penalise(Till memory till, bytes32 leaseId, Terms calldata terms, uint256 left)
        internal
        returns (uint256 amount)
    {
        amount = Math.min(terms.penalty, left);
        if (amount == 0) return 0;
        // In a batch the pool gets its shares first, as it would in single calls.
        _flush(till);
        Credit[] memory credits = new Credit[](1);
        credits[0] = Credit(terms.payer, amount);
        uint256 taken = registry.slash(terms.provider, terms.token, amount, credits);
        // forge-lint: disable-next-line(unsafe-typecast) at most the penalty
        emit LeasePenalised(leaseId, terms.provider, uint96(taken));
    }

    function _portion(uint256 bps, uint256 paid, uint256 total, uint256 most) private pure returns (uint256) {
        if (bps == 0) return 0;
        return Math.min(total * bps / Pricing.BPS - paid * bps / Pricing.BPS, most);
    }

    function _cut(Credit[] memory credits, uint256 length) private pure {
        // solhint-disable-next-line no-inline-assembly, makes an array shorter: the language cannot
        assembly ("memory-safe") {
            mstore(credits, length)
        }
    }
}
