// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {JobMoves} from "./JobMoves.sol";
import {OpenMoves} from "./OpenMoves.sol";
import {OtherMoves} from "./OtherMoves.sol";
import {ProviderMoves} from "./ProviderMoves.sol";
import {TenantMoves} from "./TenantMoves.sol";

/// @title All moves of a run, by name; those that come up more often are needed several times until something comes of them.
/// @dev Each takes words: at most five, of any value.
contract Moves {
    struct Move {
        string name;
        bytes4 selector;
        uint256 weight;
    }

    uint256 public constant COUNT = 41;

    Move[] private _moves;

    constructor() {
        _add("wait", OtherMoves.wait.selector, 2);
        _add("deposit", OtherMoves.deposit.selector, 1);
        _add("withdraw", OtherMoves.withdraw.selector, 1);
        _add("matchOrders", TenantMoves.matchOrders.selector, 2);
        _add("cancel", TenantMoves.cancel.selector, 1);
        _add("activate", ProviderMoves.activate.selector, 2);
        _add("refuse", ProviderMoves.refuse.selector, 1);
        _add("topUp", TenantMoves.topUp.selector, 1);
        _add("settle", ProviderMoves.settle.selector, 2);
        _add("settleMany", ProviderMoves.settleMany.selector, 1);
        _add("settleProven", ProviderMoves.settleProven.selector, 1);
        _add("arm", OtherMoves.arm.selector, 1);
        _add("closeByTenant", TenantMoves.closeByTenant.selector, 1);
        _add("closeByProvider", ProviderMoves.closeByProvider.selector, 1);
        _add("poke", OtherMoves.poke.selector, 1);
        _add("countersign", TenantMoves.countersign.selector, 1);
        _add("collect", OtherMoves.collect.selector, 1);
        _add("setSessionKey", TenantMoves.setSessionKey.selector, 1);
        _add("changeSpec", TenantMoves.changeSpec.selector, 1);
        _add("amend", TenantMoves.amend.selector, 1);
        _add("dispute", TenantMoves.dispute.selector, 3);
        _add("rule", OtherMoves.rule.selector, 2);
        _add("draw", OtherMoves.draw.selector, 2);
        _add("concede", ProviderMoves.concede.selector, 1);
        _add("post", OpenMoves.post.selector, 1);
        _add("bid", OpenMoves.bid.selector, 2);
        _add("regret", OpenMoves.regret.selector, 1);
        _add("award", OpenMoves.award.selector, 2);
        _add("withdrawPost", OpenMoves.withdrawPost.selector, 1);
        _add("openJob", JobMoves.openJob.selector, 1);
        _add("commit", JobMoves.commit.selector, 3);
        _add("reveal", JobMoves.reveal.selector, 3);
        _add("finalise", JobMoves.finalise.selector, 2);
        _add("postResult", JobMoves.postResult.selector, 1);
        _add("deliver", JobMoves.deliver.selector, 1);
        _add("stake", OtherMoves.stake.selector, 1);
        _add("unbond", OtherMoves.unbond.selector, 1);
        _add("withdrawStake", OtherMoves.withdrawStake.selector, 1);
        _add("shareOut", OtherMoves.shareOut.selector, 1);
        _add("govern", OtherMoves.govern.selector, 1);
        _add("attest", OtherMoves.attest.selector, 1);
        assert(_moves.length == COUNT);
    }

    function get(uint256 i) external view returns (Move memory) {
        return _moves[i];
    }

    /// @return selectors each as often as its weight says
    function drawn() external view returns (bytes4[] memory selectors) {
        uint256 total;
        for (uint256 i = 0; i < COUNT; ++i) total += _moves[i].weight;
        selectors = new bytes4[](total);
        for (uint256 i = 0; i < COUNT; ++i) {
            for (uint256 n = 0; n < _moves[i].weight; ++n) selectors[--total] = _moves[i].selector;
        }
    }

    function _add(string memory name, bytes4 selector, uint256 weight) private {
        _moves.push(Move(name, selector, weight));
    }
}
