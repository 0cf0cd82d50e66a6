// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IDatacenterRegistry} from "../../src/interfaces/IDatacenterRegistry.sol";
import {IDisputeManager} from "../../src/interfaces/IDisputeManager.sol";
import {IResultBoard} from "../../src/interfaces/IResultBoard.sol";
import {CloseReason, LeaseState, Terms} from "../../src/types/Lease.sol";
import {JobMoves} from "./JobMoves.sol";
import {OpenMoves} from "./OpenMoves.sol";
import {OtherMoves} from "./OtherMoves.sol";
import {ProviderMoves} from "./ProviderMoves.sol";
import {World} from "./World.sol";

/// @title Everybody at once. Each function is one move of one of them; a refused move is fine, a wrong book is not.
contract Handler is ProviderMoves, OpenMoves, JobMoves, OtherMoves {
    function setUp() public override(World) {
        super.setUp();
    }

    /// @dev 10: nobody's help is needed. A stranger alone ends every post, dispute, job and lease, given time.
    function unwind() external looked {
        hostile.arm(address(0), "");
        vm.warp(block.timestamp + 30 days);
        vm.startPrank(stranger);
        for (uint256 i = 0; i < posts.length; ++i) {
            if (posts[i].held != 0) market.withdrawPost(posts[i].request);
            posts[i].held = 0;
        }
        for (uint256 n = 1; n <= disputes.disputeCount(); ++n) _endDispute(n);
        for (uint256 i = 0; i < jobs.length; ++i) {
            IResultBoard.JobState state = results.jobState(jobs[i].id);
            if (state == IResultBoard.JobState.Agreed || state == IResultBoard.JobState.Failed) continue;
            results.finalise(jobs[i].terms, _leasesOf(jobs[i], true));
        }
        for (uint256 round = 0; round < 3; ++round) {
            for (uint256 i = 0; i < known.length; ++i) {
                if (manager.lease(known[i].id).state == LeaseState.Closed) continue;
                manager.close(known[i].id, termsOf[i], CloseReason.None);
            }
            vm.warp(block.timestamp + 2 days);
        }
        for (uint256 i = 0; i < known.length; ++i) {
            if (!manager.lease(known[i].id).sliceFreed) manager.collect(known[i].id, termsOf[i]);
        }
        vm.stopPrank();
    }

    function _endDispute(uint256 n) private {
        IDisputeManager.Dispute memory d = disputes.disputeOf(n);
        if (d.state == IDisputeManager.DisputeState.Open) disputes.draw(n, termsOf[leaseOf[n]]);
        else if (!d.carriedOut) disputes.carryOut(n, termsOf[leaseOf[n]]);
    }

    /// @dev Then each takes out what is its own; stake after the unbonding time.
    function cashOut() external {
        for (uint256 i = 0; i < accounts.length; ++i) {
            for (uint256 d = 0; d < DATACENTERS; ++d) {
                for (uint256 t = 0; t < 2; ++t) _unbondAll(accounts[i], providers[d], tokens[t]);
            }
        }
        vm.warp(block.timestamp + registry.unbondingSeconds());
        for (uint256 i = 0; i < accounts.length; ++i) {
            for (uint256 d = 0; d < DATACENTERS; ++d) {
                for (uint256 t = 0; t < 2; ++t) {
                    if (registry.unbondingOf(providers[d], tokens[t], accounts[i]).shares == 0) continue;
                    vm.prank(accounts[i]);
                    registry.withdrawStake(providers[d], tokens[t]);
                }
            }
            if (accounts[i] == address(0xdEaD)) continue;
            for (uint256 t = 0; t < 2; ++t) {
                uint256 all = vault.balanceOf(tokens[t], accounts[i]);
                if (all == 0) continue;
                vm.prank(accounts[i]);
                vault.withdraw(tokens[t], all, accounts[i]);
            }
        }
    }

    function _unbondAll(address account, address datacenter, address coin) private {
        uint256 shares = registry.sharesOf(datacenter, coin, account);
        if (shares == 0) return;
        vm.prank(account);
        registry.unbond(datacenter, coin, shares);
    }
}
