// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Amending} from "./Amending.sol";
import {ILeaseManager} from "./interfaces/ILeaseManager.sol";
import {Calldata} from "./libraries/Calldata.sol";
import {Credit, Lease, LeaseState, Terms} from "./types/Lease.sol";

/// @title What judges may do: keep pending money from maturing, say whose it is, slash. Nothing else: not more than is pending,
/// not more than the slice.
abstract contract Judging is Amending {
    /// @inheritdoc ILeaseManager
    function freeze(bytes32 leaseId, Terms calldata terms, uint96 amount)
        external
        onlyJudge
        nonReentrant
        returns (uint96 frozen)
    {
        terms = Calldata.hide(terms);
        Lease storage l = _known(leaseId, terms);
        Till memory till;
        _roll(till, leaseId, terms, l);
        Ring memory ring = _ring(l, terms.maturitySeconds);
        frozen = uint96(Math.min(amount, ring.old + ring.fresh));
        if (frozen != 0) {
            uint256 fresh = Math.min(frozen, ring.fresh);
            ring.fresh -= fresh;
            ring.old -= frozen - fresh;
            _keep(l, ring);
            l.frozen += frozen;
            emit ClaimFrozen(leaseId, frozen);
        }
        _flush(till);
    }

    /// @inheritdoc ILeaseManager
    function rule(bytes32 leaseId, Terms calldata terms, uint96 toProvider, uint96 toPayer)
        external
        onlyJudge
        nonReentrant
    {
        terms = Calldata.hide(terms);
        Lease storage l = _known(leaseId, terms);
        uint256 ruled = uint256(toProvider) + toPayer;
        uint96 frozen = l.frozen;
        _checkRange("ruled", ruled, 0, frozen);
        Till memory till;
        // Only for what has been paid: what has matured meanwhile is another call's.
        Ring memory ring = _ring(l, terms.maturitySeconds);
        // forge-lint: disable-next-line(unsafe-typecast) at most `frozen`
        l.frozen = frozen - uint96(ruled);
        if (toPayer != 0) {
            (l.disallowed, l.adjusted) = (l.disallowed + toPayer, true);
            if (l.state == LeaseState.Closed) _credit(till, terms.token, terms.payer, toPayer);
            else l.escrow += toPayer;
        }
        emit ClaimRuled(leaseId, toProvider, toPayer);
        _pay(till, leaseId, terms, ring.paid, toProvider);
        _freeSliceIfDone(leaseId, terms);
        _flush(till);
    }

    /// @inheritdoc ILeaseManager
    function slash(bytes32 leaseId, Terms calldata terms, uint96 amount, Credit[] calldata credits)
        external
        onlyJudge
        nonReentrant
        returns (uint96 taken)
    {
        terms = Calldata.hide(terms);
        Lease storage l = _known(leaseId, terms);
        // A lease that was never activated has nothing to be slashed for, and its slice is freed whole.
        if (l.activatedAt == 0) return 0;
        uint96 order = uint96(Math.min(amount, _sliceLeft(l, terms)));
        if (order == 0) return 0;
        (l.slashed, l.adjusted) = (l.slashed + order, true);
        taken = uint96(registry.slash(terms.provider, terms.token, order, credits));
        emit SliceSlashed(leaseId, terms.provider, taken);
    }
}
