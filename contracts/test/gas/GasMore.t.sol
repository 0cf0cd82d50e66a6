// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IResultBoard} from "../../src/interfaces/IResultBoard.sol";
import {Offer, Request, Terms} from "../../src/types/Lease.sol";
import {Court} from "../utils/Court.sol";
import {Quorum} from "../utils/Quorum.sol";

/// @title What the open market, disputes and results cost, as whole transactions: snapshots/Gas.json. See Gas.t.sol.
/// forge-config: default.isolate = true
/// forge-config: ci.isolate = true
contract MarketGasTest is Court {
    function _snap(string memory name) private {
        vm.snapshotGasLastCall("Gas", name);
    }

    function test_OpenPath() external {
        Request memory r = _request();
        r.fills = 1;
        vm.prank(tenant);
        market.post(r, 10 minutes, "");
        _snap("post");
        Offer[] memory offers = new Offer[](1);
        offers[0] = _offer();
        offers[0].requestHash = market.requestHash(r);
        vm.prank(operator);
        market.bid(r, offers[0]);
        _snap("bid, the first one");
        vm.warp(START + 10 minutes + 1);
        vm.prank(stranger);
        market.award(r, offers);
        _snap("award, one lease of one bid");
    }

    function test_Dispute() external {
        (uint256 dispute,, Terms memory terms) = _disputed();
        _snap("dispute, the first one");
        vm.prank(arbiter);
        disputes.rule(dispute, terms, 0);
        _snap("resolve, ruled all to the payer: slashed");
    }

    function test_Dispute_Steady() external {
        (uint256 dispute, bytes32 id, Terms memory terms) = _disputed();
        vm.prank(arbiter);
        disputes.rule(dispute, terms, 300 * uint96(RATE));
        vm.warp(START + 2000);
        _claim(id, terms, 2, 2000);
        dispute = _open(id, terms, 1500);
        _snap("dispute, a further one of a lease");
        vm.prank(arbiter);
        disputes.rule(dispute, terms, 200 * uint96(RATE)); // 300 are disallowed already
        _snap("resolve, ruled all to the provider");
        vm.warp(START + 3000);
        _claim(id, terms, 3, 3000);
        dispute = _open(id, terms, 2500);
        vm.warp(START + 3001 + RULING);
        vm.prank(stranger);
        disputes.draw(dispute, terms);
        _snap("resolve, draw");
    }
}

/// forge-config: default.isolate = true
/// forge-config: ci.isolate = true
contract ResultGasTest is Quorum {
    function _snap(string memory name) private {
        vm.snapshotGasLastCall("Gas", name);
    }

    function test_Job() external {
        (IResultBoard.JobTerms memory job,) = _opened();
        _snap("job, opened");
        // Their payouts have earned before.
        vm.startPrank(tenant);
        for (uint256 i = 0; i < 3; ++i) vault.deposit(address(token), _payoutOf(i), 1e6);
        vm.stopPrank();
        for (uint256 i = 0; i < 3; ++i) {
            _commit(job, i, RESULT);
        }
        _snap("commit");
        for (uint256 i = 0; i < 3; ++i) {
            _reveal(job, i, RESULT);
        }
        _snap("reveal");
        _finalise(job);
        _snap("finalise, 3 agree");
    }

    function test_Result() external {
        (bytes32 id, Terms memory terms) = _active();
        vm.prank(operator);
        results.postResult(id, terms, RESULT, 0);
        _snap("result of a lease, no callback");
    }
}
